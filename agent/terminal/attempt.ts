import { write, writeSync } from "node:fs";
import { errorCode } from "../private-files.ts";
import type { Attempt } from "./write-queue.ts";

/**
 * Writes to a descriptor that does not block, a PTY's master for example. The call is synchronous, so that the
 * descriptor cannot be closed, and its number given to another file, while the bytes are on their way.
 */
export function tryNow(fd: number): Attempt {
  return async (bytes) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      return meaning(error);
    }
  };
}

/**
 * Writes to a descriptor that may block, our own standard output for example: in another thread, so that a terminal
 * which is slow or stopped does not stop the rest of this process.
 */
export function tryInThread(fd: number): Attempt {
  return (bytes) =>
    new Promise((resolve, reject) => {
      write(fd, bytes, (error, taken) => {
        if (error === null) return resolve(taken);
        try {
          resolve(meaning(error));
        } catch {
          reject(error);
        }
      });
    });
}

/** Codes of a descriptor whose other end is gone; EBADF, where it was closed just before we were told. */
const GONE: ReadonlySet<string> = new Set(["EIO", "EPIPE", "EBADF", "ENXIO"]);

function meaning(error: unknown): 0 | "gone" {
  const code = errorCode(error);
  if (code === "EAGAIN") return 0;
  if (GONE.has(code)) return "gone";
  throw error;
}
