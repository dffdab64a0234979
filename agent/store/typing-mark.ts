import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { errorCode } from "../private-files.ts";

/** As many as a safe integer has: each write covers the one before, whole. */
const DIGITS = 16;

/**
 * How many typings were begun, in a file of its own beside the journal. A damaged disk, or one that only said that it had
 * synced, loses the end of one file: where the journal counts fewer, it has forgotten what may stand in a terminal.
 * Not synced itself: where the disk keeps its word the journal is whole, and nobody asks here.
 */
export class TypingMark {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** 0 where there is no mark, or none that can be read. */
  read(): number {
    try {
      const count = Number(readFileSync(this.#path, "utf8"));
      return Number.isSafeInteger(count) ? count : 0;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return 0;
      throw error;
    }
  }

  write(count: number): void {
    // Not emptied first: a mark that is half written would be none.
    const file = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      writeSync(file, String(count).padStart(DIGITS, "0"), 0);
    } finally {
      closeSync(file);
    }
  }
}
