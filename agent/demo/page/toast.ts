import { byId } from "./element.ts";

/** How long a toast is shown, in milliseconds; an alert, which a phone shows until it is tapped, longer. */
const SHOWN_MS = 3_200;
const ALERT_SHOWN_MS = 8_000;

let hiding: ReturnType<typeof setTimeout> | undefined;

/** Shows the answer to a press over the chat for a moment, as a phone does. */
export function toast(text: string, alert = false): void {
  const shown = byId("toast");
  shown.textContent = text;
  shown.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(
    () => {
      shown.hidden = true;
    },
    alert ? ALERT_SHOWN_MS : SHOWN_MS,
  );
}
