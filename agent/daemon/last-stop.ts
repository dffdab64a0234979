import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../private-files.ts";

function path(folder: string): string {
  return join(folder, "stopped.txt");
}

/** Keeps the reason for which the router turned the agent away, for `status` to show while no agent runs. */
export function noteStop(folder: string, reason: string): void {
  writeFileSync(path(folder), `${reason}\n`, { mode: 0o600 });
}

export function clearStop(folder: string): void {
  rmSync(path(folder), { force: true });
}

/** Why the last agent stopped by itself, or null where it did not. */
export function lastStop(folder: string): string | null {
  try {
    return readFileSync(path(folder), "utf8").trim();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
