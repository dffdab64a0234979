import { bubble } from "./bubble.ts";
import type { MessageActions } from "./bubble.ts";
import { byId, element } from "./element.ts";
import type { ShownMessage } from "./feed.ts";
import { swipeToReply } from "./swipe.ts";

/** How near to the end, in CSS pixels, the list must stand to follow new messages. */
const NEAR_END = 80;

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** The list of messages. It is told the whole chat each time and redraws only the messages that changed. */
export class Chat {
  readonly #scroll = byId("scroll");
  readonly #list = byId("messages");
  readonly #toEnd = byId("to-end");
  readonly #actions: MessageActions;
  /** By message id: what is drawn, and as what. */
  readonly #drawn = new Map<number, { as: string; item: HTMLElement; message: ShownMessage }>();
  #first = true;

  constructor(actions: Omit<MessageActions, "show">) {
    this.#actions = { ...actions, show: (messageId) => this.#show(messageId) };
    this.#toEnd.addEventListener("click", () => this.#goToEnd("smooth"));
    this.#scroll.addEventListener("scroll", () => {
      this.#toEnd.hidden = this.#isNearEnd();
    });
    // A phone's keyboard, a growing composer or a turned phone must not hide the newest message.
    let nearEnd = true;
    this.#scroll.addEventListener("scrollend", () => {
      nearEnd = this.#isNearEnd();
    });
    new ResizeObserver(() => {
      if (nearEnd) this.#goToEnd("instant");
    }).observe(this.#scroll);
    swipeToReply(this.#list, (messageId) => {
      const message = this.#drawn.get(messageId)?.message;
      if (message !== undefined) actions.reply(message);
    });
  }

  /** The newest message of the person in this chat: what the arrow up edits. */
  newestOfMine(): ShownMessage | undefined {
    return [...this.#drawn.values()].map(({ message }) => message).findLast(({ mine }) => mine);
  }

  show(messages: readonly ShownMessage[]): void {
    const follow = this.#first || this.#isNearEnd() || messages.at(-1)?.mine === true;
    const items: HTMLElement[] = [];
    const present = new Set<number>();
    let day = "";
    for (const message of messages) {
      const itsDay = DAY.format(message.date * 1_000);
      if (itsDay !== day) items.push(element("li", { class: "day" }, itsDay));
      day = itsDay;
      present.add(message.id);
      items.push(this.#draw(message));
    }
    for (const id of this.#drawn.keys()) if (!present.has(id)) this.#drawn.delete(id);
    this.#arrange(items);
    if (follow) this.#goToEnd("instant");
    this.#first = false;
  }

  #draw(message: ShownMessage): HTMLElement {
    const as = JSON.stringify(message);
    const before = this.#drawn.get(message.id);
    if (before?.as === as) return before.item;
    const item = bubble(message, this.#actions);
    if (before === undefined && !this.#first) item.classList.add("new");
    this.#drawn.set(message.id, { as, item, message });
    return item;
  }

  /** Leaves what stands in its place, so that focus and selection survive a change elsewhere. */
  #arrange(items: readonly HTMLElement[]): void {
    const wanted = new Set<Element>(items);
    for (const child of Array.from(this.#list.children)) {
      if (!wanted.has(child)) child.remove();
    }
    items.forEach((item, index) => {
      const there = this.#list.children[index];
      if (there !== item) this.#list.insertBefore(item, there ?? null);
    });
  }

  #show(messageId: number): void {
    const item = this.#drawn.get(messageId)?.item;
    if (item === undefined) return;
    item.scrollIntoView({ behavior: "smooth", block: "center" });
    item.classList.remove("flash", "new");
    // The class must be seen gone before the animation starts again.
    void item.offsetWidth;
    item.classList.add("flash");
  }

  #isNearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #goToEnd(behavior: ScrollBehavior): void {
    this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior });
  }
}
