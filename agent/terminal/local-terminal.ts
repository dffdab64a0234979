import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { WindowSize } from "./pty.ts";

const STDIN = 0;
const STDOUT = 1;

/** What a program gets that runs where there is no terminal. */
export const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };

/**
 * The terminal that the user sits at, or none: then nothing here has an effect. While it is raw, every keystroke
 * goes to the program inside, and every byte of output to the screen.
 *
 * `stty` does it, since Node's own raw mode leaves the terminal translating newlines in the output, and a program's
 * terminal has done that already.
 */
export class LocalTerminal {
  readonly isTerminal = isatty(STDIN);
  readonly #shows = isatty(STDOUT);
  readonly #leftovers: () => string;
  #isLent = false;
  /** As `stty -g` prints it. */
  #saved: string | undefined;
  readonly #restoreAtExit = (): void => this.restore();

  /** @param leftovers asked at the end: what undoes the modes that the program inside has left switched on. */
  constructor(leftovers: () => string) {
    this.#leftovers = leftovers;
  }

  /** Makes the terminal raw. Until `restore`, the end of this process restores it, an uncaught exception included. */
  lend(): void {
    this.#isLent = true;
    process.on("exit", this.#restoreAtExit);
    if (!this.isTerminal) return;
    this.#saved = stty(["-g"]).trim();
    this.#setRaw();
  }

  /** Gives it back for a while: to the shell, while this process is stopped. */
  suspend(): void {
    if (!this.#isLent) return;
    if (this.#shows) tryToWrite(this.#leftovers());
    this.#setSaved();
  }

  /** Makes it raw again, after this process was stopped and the shell had the terminal. */
  resume(): void {
    if (this.#isLent && this.#saved !== undefined) this.#setRaw();
  }

  /** Gives the terminal back as it was found. Once is enough; more does nothing. */
  restore(): void {
    if (!this.#isLent) return;
    process.off("exit", this.#restoreAtExit);
    this.suspend();
    this.#isLent = false;
  }

  size(): WindowSize {
    const stream = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
    // A terminal that nobody gave a size calls itself 0 by 0.
    if (stream === undefined || stream.columns <= 0 || stream.rows <= 0) return DEFAULT_SIZE;
    return { columns: stream.columns, rows: stream.rows };
  }

  /** Calls back whenever the window has another size. Returns how to stop that. */
  onResize(listener: (size: WindowSize) => void): () => void {
    const stream = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
    const resized = (): void => listener(this.size());
    stream?.on("resize", resized);
    return () => stream?.off("resize", resized);
  }

  #setSaved(): void {
    // A terminal that has hung up cannot be set, and needs not.
    if (this.#saved !== undefined) spawnSync("stty", [this.#saved], { stdio: ["inherit", "ignore", "ignore"] });
  }

  /** `raw` leaves IEXTEN on, with which macOS still keeps Ctrl-V and Ctrl-O for itself. */
  #setRaw(): void {
    stty(["raw", "-echo", "-iexten"]);
  }
}

/** Runs stty on the terminal that is our standard input. */
function stty(args: string[]): string {
  const { status, stdout, error } = spawnSync("stty", args, { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  if (status !== 0) throw new Error(`stty ${args.join(" ")} failed: is it installed?`, { cause: error });
  return stdout;
}

function tryToWrite(text: string): void {
  try {
    writeSync(STDOUT, text);
  } catch {
    // The terminal is gone: nothing is left to tidy up.
  }
}
