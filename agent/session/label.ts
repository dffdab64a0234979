import { execFile } from "node:child_process";
import { basename } from "node:path";
import { promisify } from "node:util";
import { clean } from "./clean.ts";

/** The protocol's limit for a label. */
const LABEL_LENGTH = 64;

/** The label of a session that was given none: its folder and, in a git repository, its branch: `api (main)`. */
export async function defaultLabel(folder: string): Promise<string> {
  return makeLabel(basename(folder) || folder, await branchOf(folder));
}

/** Puts a label together. Names of folders and branches may hold anything; a label is one line of visible text. */
export function makeLabel(folder: string, branch: string): string {
  const label = branch === "" ? folder : `${folder} (${branch})`;
  const oneLine = clean(label).text.replaceAll(/\s+/g, " ").trim();
  if (oneLine === "") return "session";
  if (oneLine.length <= LABEL_LENGTH) return oneLine;
  // Not between the halves of a surrogate pair, which could not be written as UTF-8.
  return `${oneLine.slice(0, LABEL_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

async function branchOf(folder: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, "branch", "--show-current"], { timeout: 1_000 });
    return stdout.trim();
  } catch {
    // No repository, or no git: the folder alone names the session.
    return "";
  }
}
