import { byId, element } from "./element.ts";
import { suggestionsFor } from "./suggestions.ts";
import type { Suggestion } from "./suggestions.ts";

/** The commands that fit what is typed, above the composer: chosen with arrows and Enter or Tab, or a tap. */
export class SuggestionList {
  readonly #list = byId("suggestions");
  readonly #text: HTMLTextAreaElement;
  readonly #chosen: () => void;
  #shown: readonly Suggestion[] = [];
  #selected = 0;
  #dismissed = "";

  constructor(text: HTMLTextAreaElement, chosen: () => void) {
    this.#text = text;
    this.#chosen = chosen;
  }

  show(text: string, replying: boolean): void {
    const fitting = text === this.#dismissed ? [] : suggestionsFor(text, replying);
    // A command that stands there whole needs no suggestion: Enter shall send it.
    this.#shown = fitting.some(({ command }) => command === text) ? [] : fitting;
    this.#selected = 0;
    this.#draw();
  }

  /** Takes a key that belongs to the list; false where it is the composer's. */
  key(event: KeyboardEvent): boolean {
    if (this.#shown.length === 0) return false;
    if (event.key === "ArrowDown") this.#selected = (this.#selected + 1) % this.#shown.length;
    else if (event.key === "ArrowUp") this.#selected = (this.#selected - 1 + this.#shown.length) % this.#shown.length;
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#shown[this.#selected]);
    else if (event.key === "Escape") {
      this.#dismissed = this.#text.value;
      this.#shown = [];
    } else return false;
    event.preventDefault();
    this.#draw();
    return true;
  }

  #take(suggestion: Suggestion | undefined): void {
    if (suggestion === undefined) return;
    this.#text.value = suggestion.command;
    this.#text.focus();
    this.#chosen();
  }

  #draw(): void {
    this.#list.hidden = this.#shown.length === 0;
    this.#text.setAttribute("aria-expanded", String(this.#shown.length > 0));
    this.#text.setAttribute("aria-activedescendant", this.#shown.length === 0 ? "" : `suggestion-${this.#selected}`);
    this.#list.replaceChildren(
      ...this.#shown.map((suggestion, index) => {
        const item = element(
          "li",
          { role: "option", id: `suggestion-${index}`, "aria-selected": String(index === this.#selected) },
          element("b", {}, suggestion.command.trim()),
          element("span", {}, suggestion.explains),
        );
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.#take(suggestion);
        });
        return item;
      }),
    );
  }
}
