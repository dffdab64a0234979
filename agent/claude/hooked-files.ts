import { rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { writePrivateFile } from "../private-files.ts";
import { holdsHooks } from "./hooks-settings.ts";
import type { LauncherPaths } from "./launcher.ts";
import { readText } from "./settings-file.ts";

/*
 * Which settings files name the launcher: several can, one for each `$CLAUDE_CONFIG_DIR`, and it has to work until the
 * hooks have left the last of them.
 */

const List = v.pipe(v.string(), v.parseJson(), v.array(v.string()));

function listPath({ launcher }: LauncherPaths): string {
  return join(dirname(launcher), "settings-files.json");
}

/**
 * The settings files that hooks were installed in and may still stand in. One that is gone, or without them, is none.
 *
 * @throws where the list itself is not understood.
 */
export function hookedFiles(paths: LauncherPaths): string[] {
  const path = listPath(paths);
  const text = readText(path);
  if (text === null) return [];
  const list = v.safeParse(List, text);
  if (list.success) return list.output.filter(mayHoldHooks);
  throw new Error(`${path} is not understood: delete it, then "ccr-agent hooks install" makes it anew`);
}

/** A file that cannot be read or understood may: then somebody may still call the launcher. */
function mayHoldHooks(settings: string): boolean {
  try {
    return holdsHooks(readText(settings)) ?? true;
  } catch {
    return true;
  }
}

/** Remembers a settings file that hooks are about to be put into. */
export function addHookedFile(paths: LauncherPaths, settings: string): void {
  write(paths, [...new Set([...hookedFiles(paths), resolve(settings)])]);
}

/** Forgets the files that hold no hooks any more. Returns those that do. */
export function forgetUnhooked(paths: LauncherPaths): string[] {
  const files = hookedFiles(paths);
  if (files.length === 0) rmSync(listPath(paths), { force: true });
  else write(paths, files);
  return files;
}

function write(paths: LauncherPaths, files: readonly string[]): void {
  writePrivateFile(listPath(paths), `${JSON.stringify(files, null, 2)}\n`);
}
