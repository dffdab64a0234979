/** How far a finger has to pull a message, in CSS pixels, before letting go means "reply". */
const FAR_ENOUGH = 56;

/** Calls `onReply` with the message that a finger pulled to the left and let go. */
export function swipeToReply(list: HTMLElement, onReply: (messageId: number) => void): void {
  let from: { x: number; message: HTMLElement } | undefined;
  let pulled = 0;

  list.addEventListener("pointerdown", (event) => {
    const message = event.target instanceof Element ? event.target.closest<HTMLElement>(".message") : null;
    from = event.pointerType === "touch" && message !== null ? { x: event.clientX, message } : undefined;
    pulled = 0;
  });
  list.addEventListener("pointermove", (event) => {
    if (from === undefined) return;
    pulled = Math.min(0, Math.max(-FAR_ENOUGH * 1.4, event.clientX - from.x));
    from.message.style.setProperty("--swipe", `${pulled}px`);
  });
  const end = (letGo: boolean): void => {
    if (from === undefined) return;
    from.message.style.removeProperty("--swipe");
    if (letGo && pulled <= -FAR_ENOUGH) onReply(Number(from.message.dataset["id"]));
    from = undefined;
  };
  list.addEventListener("pointerup", () => end(true));
  list.addEventListener("pointercancel", () => end(false));
}
