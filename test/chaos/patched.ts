import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A piece of code and what stands there instead. */
export interface Patch {
  /** A file under the top folder; left out: the built Worker. */
  file?: string;
  find: string;
  replace: string;
}

/** In the built Worker: commands expire after twelve seconds, and five more later nobody waits for a result. */
export const SHORT_LIVED: readonly Patch[] = [
  { find: "typedCommand: 24 * HOUR", replace: "typedCommand: 12 * SECOND" },
  { find: "resultAfterExpiry: 5 * MINUTE", replace: "resultAfterExpiry: 5 * SECOND" },
];

/** In the built Worker: every chore of every alarm fails, and is tried again after a second. */
export const FAILING_ALARMS: readonly Patch[] = [
  { find: "again.push(await work(now));", replace: 'throw new Error("a bad deploy");' },
  { find: "var RETRY_MS = 3e4;", replace: "var RETRY_MS = 1e3;" },
];

const TOP = fileURLToPath(new URL("../..", import.meta.url));
/** What an agent runs from. The demo and the rest of `agent/` are not needed. */
const COPIED = ["agent", "src", "package.json"];
const LEFT_OUT = new Set(["demo", "home", "deploy"]);

/**
 * Puts a changed copy of the built Worker into `folder`.
 *
 * @returns the path of the copy
 * @throws Error where a patch does not fit exactly once: the code has changed, and the patch has to follow
 */
export function patchedWorker(builtPath: string, folder: string, patches: readonly Patch[]): string {
  const path = join(folder, `patched-${basename(builtPath)}`);
  const text = patches.reduce(applied, readFileSync(builtPath, "utf8"));
  writeFileSync(path, text);
  return path;
}

/**
 * Puts a changed copy of the agent's code into `folder`.
 *
 * @returns the copy of `agent/`
 * @throws Error where a patch does not fit exactly once
 */
export function patchedAgent(folder: string, patches: readonly Patch[]): string {
  mkdirSync(folder, { recursive: true });
  for (const path of COPIED) {
    const filter = (source: string): boolean => !LEFT_OUT.has(basename(source));
    cpSync(join(TOP, path), join(folder, path), { recursive: true, filter });
  }
  symlinkSync(join(TOP, "node_modules"), join(folder, "node_modules"));
  for (const patch of patches) {
    const path = join(folder, patch.file ?? "");
    writeFileSync(path, applied(readFileSync(path, "utf8"), patch));
  }
  return join(folder, "agent");
}

function applied(text: string, { find, replace, file = "the built Worker" }: Patch): string {
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`this stands ${times} times in ${file}, not once: ${find}`);
  return text.replace(find, () => replace);
}
