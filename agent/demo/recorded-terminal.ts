import { Pty } from "../terminal/pty.ts";
import type { PtyExit, PtyOptions, WindowSize } from "../terminal/pty.ts";

/** How much of the output is kept, in UTF-16 units: some thousands of lines. */
const KEPT = 256 * 1024;

/** How long a program has to end after it was asked to. */
const END_WITHIN_MS = 3_000;

/** A program in a PTY whose output is kept, so that it can be shown later, or looked at by a test. */
export class RecordedTerminal {
  readonly exited: Promise<PtyExit>;
  readonly #pty: Pty;
  readonly #decoder = new TextDecoder();
  #output = "";

  constructor(options: PtyOptions, onOutput: (text: string) => void = () => {}) {
    this.#pty = new Pty(options);
    this.exited = this.#pty.exited;
    this.#pty.onOutput((bytes) => {
      const text = this.#decoder.decode(bytes, { stream: true });
      this.#output = (this.#output + text).slice(-KEPT);
      onOutput(text);
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get ended(): boolean {
    return this.#pty.ended;
  }

  /** What the program wrote, with its escape sequences; the newest part of it where it is much. */
  output(): string {
    return this.#output;
  }

  /** Types, as a person at this terminal would. */
  async write(text: string): Promise<void> {
    await this.#pty.write(text);
  }

  resize(size: WindowSize): void {
    this.#pty.resize(size);
  }

  /** Sends a signal and waits for the end; a program that does not obey in time is killed. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<PtyExit> {
    if (this.ended) return await this.exited;
    this.#pty.signal(signal);
    const kill = setTimeout(() => this.#pty.signal("SIGKILL"), END_WITHIN_MS);
    const exit = await this.exited;
    clearTimeout(kill);
    return exit;
  }
}
