import { dirname } from "node:path";

/** https://www.sqlite.org/rescode.html */
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** Why the database at `path` cannot be used, and what a person can do about it. */
export function inWords(error: unknown, path: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `${reason}: ${remedy(codeOf(error), path)}`;
}

function remedy(code: number | undefined, path: string): string {
  switch (code) {
    case FULL:
      return `make room on the disk of ${dirname(path)}`;
    case CORRUPT:
    case NOT_A_DATABASE:
      return `the file is damaged. Stop the agent, move ${path}* away, and start it again; what was under way is then told as unknown`;
    case BUSY:
      return `another program holds ${path}`;
    case undefined:
    default:
      return `look at the disk of ${dirname(path)}`;
  }
}

/** SQLite's primary result code; what it adds stands in the higher bits. */
function codeOf(error: unknown): number | undefined {
  if (error instanceof DamagedFile) return CORRUPT;
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** SQLite can read the file, and finds that it contradicts itself. */
export class DamagedFile extends Error {
  override name = "DamagedFile";
}
