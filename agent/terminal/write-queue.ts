import { setTimeout as delay } from "node:timers/promises";

/** One try to write the beginning of `bytes`: how many were taken (0: full just now), or that the other end is gone. */
export type Attempt = (bytes: Uint8Array) => Promise<number | "gone">;

/** `stalled`: nothing was taken for the time that the write allowed, and what was left of it has been dropped. */
export type Written = "written" | "stalled" | "gone";

export type WriteOptions = {
  /** Give the write up when the other end took nothing for so many milliseconds. Without it, it waits for ever. */
  stallMs?: number;
  /** What is written instead of the rest if the write is given up half way. */
  closing?: Uint8Array;
};

type Entry = WriteOptions & { bytes: Uint8Array; offset: number; since: number; settle: (result: Written) => void };

/** Milliseconds between tries while the other end is full. A PTY tells nobody when there is room again. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 25;

/**
 * Bytes on their way to a file descriptor that may take only a part of them, or none for a while. Each write goes out
 * whole and in order: no other write gets between its bytes, and none is lost.
 */
export class WriteQueue {
  readonly #attempt: Attempt;
  #entries: Entry[] = [];
  #bytes = 0;
  #pumping: Promise<void> | undefined;
  #gone = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues `bytes`; resolves when the last of them was taken, or will not be. */
  write(bytes: Uint8Array, options: WriteOptions = {}): Promise<Written> {
    if (this.#gone) return Promise.resolve("gone");
    if (bytes.length === 0) return Promise.resolve("written");
    const written = new Promise<Written>((settle) => {
      this.#entries.push({ ...options, bytes, offset: 0, since: performance.now(), settle });
    });
    this.#bytes += bytes.length;
    this.#pumping ??= this.#pump();
    return written;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#pumping;
  }

  /** The other end is gone: what waits settles as `gone`, and so does every later write. */
  close(): void {
    this.#gone = true;
    for (const entry of this.#entries.splice(0)) entry.settle("gone");
    this.#bytes = 0;
  }

  async #pump(): Promise<void> {
    let pause = FIRST_PAUSE;
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      const taken = await this.#attempt(entry.bytes.subarray(entry.offset));
      if (this.#gone) break;
      if (taken === "gone") {
        this.close();
        break;
      }
      if (taken === 0) {
        this.#dropStalled();
        await delay(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      pause = FIRST_PAUSE;
      this.#progress(entry, taken);
    }
    this.#pumping = undefined;
  }

  #progress(entry: Entry, taken: number): void {
    const now = performance.now();
    for (const waiting of this.#entries) waiting.since = now;
    entry.offset += taken;
    this.#bytes -= taken;
    if (entry.offset < entry.bytes.length) return;
    this.#entries.shift();
    entry.settle("written");
  }

  #dropStalled(): void {
    const now = performance.now();
    const stalled = this.#entries.filter(({ stallMs, since }) => stallMs !== undefined && now - since >= stallMs);
    if (stalled.length === 0) return;
    const kept = this.#entries.flatMap((entry): Entry[] => {
      if (!stalled.includes(entry)) return [entry];
      if (entry.offset === 0 || entry.closing === undefined) return [];
      return [{ bytes: entry.closing, offset: 0, since: now, settle: () => {} }];
    });
    this.#entries = kept;
    this.#bytes = kept.reduce((sum, { bytes, offset }) => sum + bytes.length - offset, 0);
    for (const entry of stalled) entry.settle("stalled");
  }
}
