import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the folder where it is missing, and closes it to everybody else (0700). */
export function ensurePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that only its owner may read (0600 in a 0700 folder): whole or not at all, also when the power goes. */
export function writePrivateFile(path: string, text: string): void {
  const folder = dirname(path);
  ensurePrivateFolder(folder);
  const temporary = `${path}.${process.pid}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  // The new name is durable only once the folder is.
  sync(folder);
}

/** The code of a system error (`ENOENT`, `EACCES`, …), or "unknown". */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "unknown";
  return typeof error.code === "string" ? error.code : "unknown";
}
