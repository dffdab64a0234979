import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../environment.ts";

/** Where a command's program lies, or why it cannot be run, with the exit status that a shell gives for it. */
export type FoundProgram =
  | { status: "found"; path: string }
  | { status: "failed"; exitStatus: 126 | 127; error: string };

/** Looks a command up as a shell does: a name in the folders of PATH, anything with a slash as a path. */
export function findProgram(command: string, env: Environment): FoundProgram {
  const folders = (env.PATH ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter);
  // An empty entry of PATH means the current folder (POSIX, "Environment Variables").
  const candidates = command.includes("/")
    ? [command]
    : folders.map((folder) => join(folder === "" ? "." : folder, command));
  const files = candidates.filter(isFile);
  const path = files.find(isExecutable);
  if (path !== undefined) return { status: "found", path: path.includes("/") ? path : `./${path}` };
  if (files[0] !== undefined) {
    return {
      status: "failed",
      exitStatus: 126,
      error: `${files[0]} may not be executed: make it a program with chmod +x`,
    };
  }
  const where = command.includes("/") ? "there is no such file" : "it is in no folder of PATH";
  return { status: "failed", exitStatus: 127, error: `${command}: ${where}` };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
