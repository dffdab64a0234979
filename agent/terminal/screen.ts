import headless from "@xterm/headless";
import type { WindowSize } from "./pty.ts";
import { type Cell, withoutFaint } from "./faint.ts";
import type { Faint } from "./terminal.ts";
import { TerminalModes } from "./terminal-modes.ts";

/** Lines above the window that are kept, so that a low window can still show `SHOWN_LINES`. */
const SCROLLBACK = 100;

/** Lines that `text` gives: what a phone shows in a few swipes. */
const SHOWN_LINES = 40;

/** A terminal that nobody sees: fed with a program's output, it knows what is on its screen and what was asked of it. */
export class Screen {
  readonly #terminal: headless.Terminal;
  readonly #modes: TerminalModes;
  #waiting = 0;

  constructor({ columns, rows }: WindowSize) {
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: SCROLLBACK,
      allowProposedApi: true,
      // It would complain of malformed output in the middle of that output.
      logLevel: "off",
    });
    this.#modes = new TerminalModes(this.#terminal.parser);
  }

  /** Bytes that were fed and not yet understood: it happens in slices, so that keystrokes pass meanwhile. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes output in; resolves when it has been understood. */
  feed(bytes: Uint8Array): Promise<void> {
    this.#waiting += bytes.length;
    return new Promise((resolve) =>
      this.#terminal.write(bytes, () => {
        this.#waiting -= bytes.length;
        resolve();
      }),
    );
  }

  /** Resolves when all that was fed so far has been understood. */
  async understood(): Promise<void> {
    await this.feed(new Uint8Array());
  }

  resize({ columns, rows }: WindowSize): void {
    this.#terminal.resize(columns, rows);
  }

  /** What the program asked of its terminal, once all output so far has been understood. */
  async modes(): Promise<{ bracketedPaste: boolean; applicationCursor: boolean }> {
    await this.understood();
    const { bracketedPasteMode, applicationCursorKeysMode } = this.#terminal.modes;
    return { bracketedPaste: bracketedPasteMode, applicationCursor: applicationCursorKeysMode };
  }

  /** The last lines that are not blank, as plain text; a line that was wrapped at the edge is one line. */
  async text(faint: Faint = "shown"): Promise<string> {
    await this.understood();
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let index = 0; index < buffer.length; index += 1) {
      const row = buffer.getLine(index);
      if (row === undefined) continue;
      const wraps = buffer.getLine(index + 1)?.isWrapped === true;
      const text = faint === "hidden" ? withoutFaint(cellsOf(row)) : row.translateToString(!wraps);
      if (row.isWrapped && lines.length > 0) lines.push((lines.pop() ?? "") + text);
      else lines.push(text);
    }
    return lines
      .map((line) => line.trimEnd())
      .filter((line) => line !== "")
      .slice(-SHOWN_LINES)
      .join("\n");
  }

  /**
   * What a real terminal must be sent to be as it was before this program: empty where the program tidied up. Counts
   * what has been understood so far.
   */
  leftovers(): string {
    return this.#modes.undo();
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

function cellsOf(row: headless.IBufferLine): Cell[] {
  return Array.from({ length: row.length }, (_, column) => row.getCell(column)).flatMap((cell) => {
    // The second half of a wide character.
    if (cell === undefined || cell.getWidth() === 0) return [];
    return [{ text: cell.getChars() || " ", faint: cell.isDim() !== 0, inverse: cell.isInverse() !== 0 }];
  });
}
