import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { element } from "./element.ts";
import type { ShownMachine } from "./feed.ts";

export interface MachineEvents {
  key(machine: string, data: string): void;
  resize(machine: string, columns: number, rows: number): void;
  power(machine: string, awake: boolean): void;
}

/** What the switch says; a machine on its way is still shown where it comes from. */
const SAYS: Readonly<Record<ShownMachine["power"], string>> = {
  awake: "awake",
  asleep: "asleep",
  waking: "waking…",
  stopping: "going to sleep…",
};

const THEME = {
  background: "#141817",
  foreground: "#dcdad2",
  cursor: "#e8e6df",
  cursorAccent: "#141817",
  selectionBackground: "#ffffff33",
  black: "#232827",
  red: "#e0806b",
  green: "#63c4a8",
  yellow: "#dcb862",
  blue: "#7aa7d9",
  magenta: "#c194c9",
  cyan: "#6fc3c7",
  white: "#dcdad2",
  brightBlack: "#7d827d",
  brightRed: "#f09a86",
  brightGreen: "#83dcc2",
  brightYellow: "#eccd80",
  brightBlue: "#9bc0ea",
  brightMagenta: "#d6aede",
  brightCyan: "#8fdbde",
  brightWhite: "#f7f5ef",
};

/** One machine: its name, its switch, its terminal. */
export class MachineCard {
  readonly root: HTMLElement;
  readonly #name: string;
  readonly #events: MachineEvents;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #label = element("p");
  readonly #switch: HTMLButtonElement;
  readonly #says = element("span");
  #awake = true;
  #opened = false;

  constructor(name: string, events: MachineEvents) {
    this.#name = name;
    this.#events = events;
    this.#switch = element(
      "button",
      { type: "button", class: "power", role: "switch", "aria-label": `${name} awake` },
      this.#says,
      element("span", { class: "track", "aria-hidden": "true" }),
    );
    this.#switch.addEventListener("click", () => events.power(name, !this.#awake));
    const place = element("div", { class: "fit" });
    this.root = element(
      "section",
      { class: "machine", "data-machine": name, "data-view": name, "aria-label": `Terminal on ${name}` },
      element(
        "header",
        { class: "machine-head" },
        element("span", { class: "dot", "aria-hidden": "true" }),
        element("h2", {}, name),
        this.#label,
        this.#switch,
      ),
      element("div", { class: "screen" }, place),
    );
    this.#terminal = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: 13.5,
      lineHeight: 1.25,
      theme: THEME,
      cursorBlink: true,
      scrollback: 2_000,
      screenReaderMode: true,
    });
    this.#terminal.loadAddon(this.#fit);
    // With Tab one leaves the terminal again: no program of the demo needs it, people without a mouse do.
    this.#terminal.attachCustomKeyEventHandler(({ key }) => key !== "Tab");
    this.#terminal.onData((data) => events.key(name, data));
    this.#terminal.onResize(({ cols, rows }) => events.resize(name, cols, rows));
    this.#openWhenSeen(place);
  }

  /** xterm.js measures its font when it opens, which needs a place on the screen. */
  #openWhenSeen(place: HTMLElement): void {
    new ResizeObserver(() => {
      if (place.clientWidth === 0 || place.clientHeight === 0) return;
      if (!this.#opened) this.#terminal.open(place);
      this.#opened = true;
      this.#fit.fit();
    }).observe(place);
  }

  show({ label, power }: ShownMachine): void {
    this.#awake = power === "awake" || power === "waking";
    this.#label.replaceChildren(label, element("span", { class: "note" }, " · replies wait at the router"));
    this.#says.textContent = SAYS[power];
    this.#switch.setAttribute("aria-checked", String(this.#awake));
    this.#switch.setAttribute("aria-busy", String(power === "waking" || power === "stopping"));
    this.root.classList.toggle("asleep", power === "asleep");
  }

  target(machine: string | undefined): void {
    this.root.classList.toggle("target", machine === this.#name);
  }

  /** Says its size once more, for a demo that was started again and knows nothing of it. */
  sayAgain(): void {
    if (this.#opened) this.#events.resize(this.#name, this.#terminal.cols, this.#terminal.rows);
  }

  replace(data: string): void {
    this.#terminal.reset();
    this.#terminal.write(data);
  }

  write(data: string): void {
    this.#terminal.write(data);
  }
}
