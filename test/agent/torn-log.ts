import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log: what stands before all frames, and before each page. */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const PAGE_SIZE_AT = 8;
/** Two numbers that are drawn anew each time the log begins from its start again. */
const SALTS = { inLog: 16, inFrame: 8, length: 8 };

/** The newest frames of a write-ahead log vanish, as on a disk that had not written what it said it had. */
export function cutTail(log: string, frames: number): void {
  const { end, frame } = extentOf(log);
  truncateSync(log, Math.max(0, end - frames * frame));
}

/** The newest bytes of a write-ahead log read as something else. */
export function garbleTail(log: string, bytes: number): void {
  const { end } = extentOf(log);
  const count = Math.min(bytes, end);
  garble(log, end - count, count);
}

/** Some bytes of a file read as something else. */
export function garble(path: string, from: number, bytes: number): void {
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(fd);
}

/** Where the newest frame ends: behind it may lie frames from before the log began from its start again. */
function extentOf(log: string): { end: number; frame: number } {
  const bytes = readFileSync(log);
  if (bytes.length < LOG_HEADER) return { end: bytes.length, frame: 0 };
  const frame = bytes.readUInt32BE(PAGE_SIZE_AT) + FRAME_HEADER;
  const salts = bytes.subarray(SALTS.inLog, SALTS.inLog + SALTS.length);
  let end = LOG_HEADER;
  while (end + frame <= bytes.length) {
    const at = end + SALTS.inFrame;
    if (!bytes.subarray(at, at + SALTS.length).equals(salts)) break;
    end += frame;
  }
  return { end, frame };
}
