import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { tryInThread } from "./attempt.ts";
import type { Pty } from "./pty.ts";
import type { Screen } from "./screen.ts";
import { WriteQueue } from "./write-queue.ts";

/** Bytes of output that may wait for a slow terminal before the program has to wait too. */
const OUTPUT_LIMIT = 1024 * 1024;

/** Bytes of input that may wait for a program that does not read. */
const INPUT_LIMIT = 256 * 1024;

/** How often a program that has to wait is looked at: once it ended, node-pty drops after 200 ms what is not yet read. */
const WATCH_EVERY_MS = 50;

const STDOUT = 1;
const NEWLINE = 0x0a;
const END_OF_TRANSMISSION = "\u0004";

export type PassThroughOptions = {
  pty: Pty;
  screen: Screen;
  input: Readable;
  /** A terminal's input never ends while it is there; a file's or a pipe's does. */
  inputIsTerminal: boolean;
};

/** Carries bytes between the terminal that the user sits at and the program inside, as they are. */
export class PassThrough {
  /** Resolves if the user's terminal, or whatever took the output, is gone. */
  readonly lost: Promise<void>;
  readonly #options: PassThroughOptions;
  readonly #output = new WriteQueue(tryInThread(STDOUT));
  #resolveLost: () => void = () => {};
  #paused = false;
  #lastByte: number | undefined;
  readonly #onData = (bytes: Buffer): void => this.#take(bytes);
  readonly #onEnd = (): void => this.#endOfInput();

  constructor(options: PassThroughOptions) {
    this.#options = options;
    this.lost = new Promise((resolve) => (this.#resolveLost = resolve));
    const { pty, input } = options;
    pty.onOutput((bytes) => this.#show(bytes));
    input.on("data", this.#onData);
    input.once("end", this.#onEnd);
    // EIO: the terminal has hung up.
    input.once("error", this.#onEnd);
  }

  /** Says that the user's terminal is gone. */
  lose(): void {
    this.#resolveLost();
  }

  /** Resolves when all output has been written out. */
  async shown(): Promise<void> {
    await this.#output.idle();
  }

  /** Lets go of the input: what is typed from now on is for whoever reads it next. */
  stop(): void {
    const { input } = this.#options;
    input.off("data", this.#onData);
    input.off("end", this.#onEnd);
    input.pause();
  }

  #show(bytes: Buffer): void {
    const { screen } = this.#options;
    void this.#output.write(bytes).then((written) => {
      if (written === "gone") this.lose();
      this.#resumeWhenLow();
    });
    void screen.feed(bytes).then(() => this.#resumeWhenLow());
    if (this.#waiting > OUTPUT_LIMIT && !this.#paused) void this.#pause();
  }

  get #waiting(): number {
    return Math.max(this.#output.bytes, this.#options.screen.waiting);
  }

  async #pause(): Promise<void> {
    const { pty } = this.#options;
    this.#paused = true;
    pty.pause();
    while (this.#paused && pty.isRunning()) await delay(WATCH_EVERY_MS);
    this.#paused = false;
    pty.resume();
  }

  #resumeWhenLow(): void {
    if (this.#waiting <= OUTPUT_LIMIT / 2) this.#paused = false;
  }

  #take(bytes: Buffer): void {
    const { pty, input } = this.#options;
    this.#lastByte = bytes.at(-1);
    const written = pty.write(bytes);
    if (pty.waiting <= INPUT_LIMIT) return;
    input.pause();
    void written.then(() => input.resume());
  }

  /**
   * The end of a pipe or file is passed on as Ctrl-D, which a program that reads lines takes as the end of its input
   * (within a line it takes two). An input that was empty from the start, `/dev/null`, means that nobody sits here:
   * then the program goes on, to be typed into from afar.
   */
  #endOfInput(): void {
    if (this.#options.inputIsTerminal) return this.lose();
    if (this.#lastByte === undefined) return;
    void this.#options.pty.write(END_OF_TRANSMISSION.repeat(this.#lastByte === NEWLINE ? 1 : 2));
  }
}
