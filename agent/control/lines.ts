import { LINE_BYTES } from "./messages.ts";

const NEWLINE = 0x0a;

/** What a chunk of bytes completed, and whether the line that is under way has grown past `LINE_BYTES`. */
export type Lines = { lines: string[]; tooLong: boolean };

/**
 * Cuts a stream of bytes into lines, without their newline. It holds at most one unfinished line of `LINE_BYTES`;
 * after `tooLong` the stream is lost and the caller ends it.
 */
export class LineReader {
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  push(chunk: Buffer): Lines {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const bytes = this.#pendingBytes + at + 1 - from;
      if (bytes > LINE_BYTES) return { lines, tooLong: true };
      lines.push(Buffer.concat([...this.#pending, chunk.subarray(from, at)]).toString("utf8"));
      this.#pending = [];
      this.#pendingBytes = 0;
      from = at + 1;
    }
    if (from < chunk.length) {
      this.#pending.push(chunk.subarray(from));
      this.#pendingBytes += chunk.length - from;
    }
    return { lines, tooLong: this.#pendingBytes >= LINE_BYTES };
  }
}

/** A message as its line. Undefined where it is longer than `LINE_BYTES`: the other side would end the connection. */
export function toLine(message: object): string | undefined {
  const line = `${JSON.stringify(message)}\n`;
  return Buffer.byteLength(line) > LINE_BYTES ? undefined : line;
}
