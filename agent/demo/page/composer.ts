import { byId, element } from "./element.ts";
import type { ShownMessage } from "./feed.ts";
import { SuggestionList } from "./suggestion-list.ts";

/** What the text being written will be. */
type Context = { kind: "plain" } | { kind: "reply"; to: ShownMessage } | { kind: "edit"; of: ShownMessage };

export interface ComposerEvents {
  /** Returns whether the message went out; otherwise the text stays. */
  send(text: string, replyTo: number | undefined): boolean;
  edit(messageId: number, text: string): boolean;
  newestOfMine(): ShownMessage | undefined;
  /** The machine that the text being written will reach, where that is known. */
  target(machine: string | undefined): void;
}

/** Where a person writes: plain messages, replies, edits, commands. */
export class Composer {
  readonly #form = byId("composer");
  readonly #text: HTMLTextAreaElement;
  readonly #bar = byId("context");
  readonly #events: ComposerEvents;
  readonly #suggestions: SuggestionList;
  #context: Context = { kind: "plain" };

  constructor(events: ComposerEvents) {
    const text = byId("text");
    if (!(text instanceof HTMLTextAreaElement)) throw new Error("#text is not a text area");
    this.#text = text;
    this.#events = events;
    this.#suggestions = new SuggestionList(text, () => this.#changed());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#bar.querySelector("button")?.addEventListener("click", () => this.#become({ kind: "plain" }));
    text.addEventListener("input", () => this.#changed());
    text.addEventListener("keydown", (event) => this.#key(event));
    this.#changed();
  }

  reply(to: ShownMessage): void {
    this.#become({ kind: "reply", to });
    this.#text.focus();
  }

  edit(of: ShownMessage): void {
    this.#become({ kind: "edit", of });
    this.#text.value = of.text;
    this.#changed();
    this.#text.focus();
  }

  #become(context: Context): void {
    if (this.#context.kind === "edit") this.#text.value = "";
    this.#context = context;
    this.#bar.hidden = context.kind === "plain";
    this.#events.target(context.kind === "reply" ? context.to.machine : undefined);
    if (context.kind !== "plain") this.#explain(context);
    this.#changed();
  }

  #explain(context: Exclude<Context, { kind: "plain" }>): void {
    const message = context.kind === "reply" ? context.to : context.of;
    const machine = context.kind === "reply" ? message.machine : undefined;
    const title = context.kind === "edit" ? "Edit" : machine === undefined ? "Reply" : `Reply, typed on ${machine}`;
    if (machine === undefined) this.#bar.removeAttribute("data-machine");
    else this.#bar.dataset["machine"] = machine;
    this.#bar
      .querySelector(".context-text")
      ?.replaceChildren(element("b", {}, title), element("span", {}, previewOf(message)));
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || this.#suggestions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#context.kind !== "plain") {
      this.#become({ kind: "plain" });
    } else if (event.key === "ArrowUp" && this.#text.value === "" && this.#context.kind === "plain") {
      const mine = this.#events.newestOfMine();
      if (mine === undefined) return;
      event.preventDefault();
      this.edit(mine);
    }
  }

  #submit(): void {
    const text = this.#text.value.trim();
    if (text === "") return;
    const context = this.#context;
    const gone =
      context.kind === "edit"
        ? this.#events.edit(context.of.id, text)
        : this.#events.send(text, context.kind === "reply" ? context.to.id : undefined);
    if (!gone) return;
    this.#text.value = "";
    this.#become({ kind: "plain" });
  }

  #changed(): void {
    this.#form.classList.toggle("empty", this.#text.value.trim() === "");
    this.#suggestions.show(this.#text.value, this.#context.kind === "reply");
    this.#text.style.height = "auto";
    const needed = this.#text.scrollHeight;
    // Nothing is measured while another tab is shown.
    if (needed > 0) this.#text.style.height = `${needed}px`;
  }
}

/** One line for the bar: a session's message without its header, which the bar's title stands for. */
function previewOf({ text, machine }: ShownMessage): string {
  const [header = "", ...rest] = text.split("\n");
  const body = rest.join(" ").trim();
  return machine === undefined || body === "" ? `${header} ${body}` : body;
}
