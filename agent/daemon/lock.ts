import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another agent owns the state folder. */
export class AlreadyRunning extends Error {
  override name = "AlreadyRunning";
}

const BUSY = 5;

function ownerPid(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // The owner is only about to write it.
    return "unknown";
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === BUSY;
}

/**
 * Takes the state folder for this process. The operating system holds the lock (through SQLite, as Node has no locks
 * of its own), so that it ends with the process, however that ends. Returns what releases it.
 * @throws {AlreadyRunning} with the pid of the owner.
 */
export function lockFolder(folder: string): () => void {
  const pidFile = join(folder, "agent.pid");
  const database = new DatabaseSync(join(folder, "agent.lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new AlreadyRunning(`An agent runs here already, as process ${ownerPid(pidFile)} (state folder ${folder}).`);
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return () => database.close();
}
