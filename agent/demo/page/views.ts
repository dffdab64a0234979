import { byId, element } from "./element.ts";
import type { ShownMachine } from "./feed.ts";

/** The tabs of a narrow page: the chat and each machine, one at a time. A wide page shows all and hides the tabs. */
export class Views {
  readonly #tabs = byId("tabs");
  #shown = "chat";

  constructor() {
    this.#tabs.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent) this.#key(event);
    });
    this.show(this.#shown);
  }

  /** Draws a tab for the chat and one for each machine. */
  draw(machines: readonly ShownMachine[]): void {
    const focused = this.#tabs.contains(document.activeElement);
    this.#tabs.replaceChildren(
      this.#tab("chat", "Chat"),
      ...machines.map(({ name, power }) => {
        const dot = element("span", { class: power === "awake" ? "dot" : "dot asleep", "data-machine": name });
        return this.#tab(name, name, dot);
      }),
    );
    this.show(this.#shown);
    if (focused) this.#selected()?.focus();
  }

  show(view: string): void {
    this.#shown = view;
    for (const section of document.querySelectorAll<HTMLElement>("[data-view]")) {
      section.toggleAttribute("data-shown", section.dataset["view"] === view);
    }
    for (const tab of this.#tabs.querySelectorAll<HTMLElement>("[role=tab]")) {
      const selected = tab.dataset["tab"] === view;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
  }

  #tab(view: string, name: string, ...signs: HTMLElement[]): HTMLElement {
    const tab = element("button", { type: "button", role: "tab", "data-tab": view }, ...signs, name);
    tab.addEventListener("click", () => this.show(view));
    return tab;
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const views = [...this.#tabs.querySelectorAll<HTMLElement>("[role=tab]")].map((tab) => tab.dataset["tab"] ?? "");
    const next = views[(views.indexOf(this.#shown) + step + views.length) % views.length];
    if (next === undefined) return;
    this.show(next);
    this.#selected()?.focus();
  }

  #selected(): HTMLElement | null {
    return this.#tabs.querySelector<HTMLElement>('[aria-selected="true"]');
  }
}
