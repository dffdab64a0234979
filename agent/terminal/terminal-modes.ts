import type { IParser } from "@xterm/headless";

/** DEC private modes that are on in a fresh terminal. Sources for all modes: xterm's ctlseqs, "DEC Private Mode Set". */
const ON_BY_DEFAULT: ReadonlySet<number> = new Set([
  7, // autowrap
  25, // visible cursor
]);

/**
 * Modes that disturb a shell when a program that died leaves them behind. Others (the cursor's blinking, say) are
 * the user's own settings, and stay.
 */
const UNDONE: readonly number[] = [
  1, // application cursor keys
  5, // reverse video
  6, // origin mode
  7,
  9, // mouse, X10
  25,
  66, // application keypad
  1000, // mouse: buttons
  1001,
  1002, // mouse: drags
  1003, // mouse: all motion
  1004, // focus events
  1005, // mouse encodings
  1006,
  1015,
  1016,
  2004, // bracketed paste
  2026, // synchronized output
  2031, // colour scheme reports
  2048, // resize reports
  // The other screen goes last: leaving it brings back the cursor and the lines from before the program.
  47,
  1047,
  1049,
];

/**
 * Remembers what a program switched on in its terminal, to switch it off where the program did not live to do so:
 * a shell under mouse reports, on the other screen, or without a cursor is of little use.
 */
export class TerminalModes {
  readonly #changed = new Set<number>();
  #kittyLevels = 0;
  #modifyOtherKeys = false;
  #applicationKeypad = false;

  constructor(parser: IParser) {
    parser.registerCsiHandler({ prefix: "?", final: "h" }, (parameters) => this.#set(parameters, true));
    parser.registerCsiHandler({ prefix: "?", final: "l" }, (parameters) => this.#set(parameters, false));
    // The keyboard protocol of kitty: a program pushes flags on a stack, and pops them.
    parser.registerCsiHandler({ prefix: ">", final: "u" }, () => this.#note(() => (this.#kittyLevels += 1)));
    parser.registerCsiHandler({ prefix: "<", final: "u" }, ([levels]) =>
      this.#note(() => {
        this.#kittyLevels = Math.max(0, this.#kittyLevels - Math.max(1, Number(levels ?? 1)));
      }),
    );
    // XTMODKEYS: `CSI > 4 ; level m`, and without a level its reset.
    parser.registerCsiHandler({ prefix: ">", final: "m" }, ([resource, level]) =>
      this.#note(() => {
        if (resource === 4) this.#modifyOtherKeys = Number(level ?? 0) > 0;
      }),
    );
    parser.registerEscHandler({ final: "=" }, () => this.#note(() => (this.#applicationKeypad = true)));
    parser.registerEscHandler({ final: ">" }, () => this.#note(() => (this.#applicationKeypad = false)));
    // A full reset by the program leaves nothing to undo.
    parser.registerEscHandler({ final: "c" }, () => this.#note(() => this.#forget()));
  }

  /** What undoes all that is still on; empty where nothing is. */
  undo(): string {
    const modes = UNDONE.filter((mode) => this.#changed.has(mode));
    return [
      this.#kittyLevels > 0 ? `\u001b[<${this.#kittyLevels}u` : "",
      this.#modifyOtherKeys ? "\u001b[>4m" : "",
      this.#applicationKeypad ? "\u001b>" : "",
      ...modes.map((mode) => `\u001b[?${mode}${ON_BY_DEFAULT.has(mode) ? "h" : "l"}`),
    ].join("");
  }

  #set(parameters: (number | number[])[], on: boolean): boolean {
    for (const mode of parameters) {
      if (typeof mode !== "number") continue;
      if (on === ON_BY_DEFAULT.has(mode)) this.#changed.delete(mode);
      else this.#changed.add(mode);
    }
    return false;
  }

  /** `false` lets the emulator act on the sequence as well. */
  #note(change: () => void): boolean {
    change();
    return false;
  }

  #forget(): void {
    this.#changed.clear();
    this.#kittyLevels = 0;
    this.#modifyOtherKeys = false;
    this.#applicationKeypad = false;
  }
}
