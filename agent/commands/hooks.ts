import { rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { addHookedFile, forgetUnhooked, hookedFiles } from "../claude/hooked-files.ts";
import { type Edit, holdsHooks, hookProblems, installHooks, uninstallHooks } from "../claude/hooks-settings.ts";
import { disarmLauncher, launcherPaths, launcherProblems, writeLauncher } from "../claude/launcher.ts";
import { removeSlashCommands, slashCommandProblems, writeSlashCommands } from "../claude/slash-command-files.ts";
import { backupPath, readText, replaceText, settingsPath } from "../claude/settings-file.ts";
import type { Environment } from "../environment.ts";
import { UsageError } from "./usage.ts";

/** `ccr-agent hooks install | uninstall | status`. Returns the exit status; 1 where something is missing. */
export async function hooks(argv: readonly string[], env: Environment = process.env): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: {} });
  const [action, ...rest] = positionals;
  if (rest.length === 0 && action === "install") return install(env);
  if (rest.length === 0 && action === "uninstall") return uninstall(env);
  if (rest.length === 0 && action === "status") return status(env);
  throw new UsageError("hooks wants one of: install, uninstall, status");
}

function install(env: Environment): number {
  const paths = launcherPaths(env);
  const settings = settingsPath(env);
  const before = readText(settings);
  const edit = installHooks(before, paths.launcher);
  if (edit.status === "refused") return refuse(settings, edit.reason);
  // The launcher first: from the moment when the settings name it, Claude calls it.
  writeLauncher(paths, process.execPath);
  addHookedFile(paths, settings);
  for (const path of writeSlashCommands(env)) say(`${path} is yours and stays: rename it to get ours.`);
  if (edit.status === "changed" && !holdsHooks(before)) keep(settings, before);
  if (!apply(settings, edit)) {
    return say(`The hooks are installed already, in ${settings}.`);
  }
  return say(
    `The hooks are installed, in ${settings}. Sessions that run already take them up by themselves.` +
      (before === null ? "" : `\nAs it was before, that file is kept as ${backupPath(settings)}.`),
  );
}

function uninstall(env: Environment): number {
  const paths = launcherPaths(env);
  const settings = settingsPath(env);
  const backup = backupPath(settings);
  const kept = readText(backup);
  const text = readText(settings);
  const edit = uninstallHooks(text, paths.launcher, kept);
  if (edit.status === "refused") return refuse(settings, edit.reason);
  const changed = apply(settings, edit);
  // The settings first: what they name must be there.
  const others = forgetUnhooked(paths);
  removeSlashCommands(env);
  rmSync(backup, { force: true });
  say(changed ? `The hooks are gone from ${settings}.` : `There are no hooks of ours in ${settings}.`);
  for (const other of others) {
    say(
      `They still stand in ${other}. To take them out: CLAUDE_CONFIG_DIR=${dirname(other)} ccr-agent hooks uninstall`,
    );
  }
  if (others.length === 0 && disarmLauncher(paths)) {
    say(
      `${paths.launcher} does nothing any more. Delete it once the sessions that run now have ended: they may call it.`,
    );
  }
  return 0;
}

function status(env: Environment): number {
  const paths = launcherPaths(env);
  const settings = settingsPath(env);
  const problems = [
    ...hookProblems(readText(settings), paths.launcher).map((problem) => `${settings}: ${problem}`),
    ...launcherProblems(paths, process.execPath),
    ...slashCommandProblems(env),
  ];
  for (const other of hookedFiles(paths).filter((path) => path !== resolve(settings))) {
    say(`Hooks stand in ${other}, too.`);
  }
  if (problems.length === 0) return say(`The hooks are installed, in ${settings}.`);
  say(`${problems.join("\n")}\nTo put it right: ccr-agent hooks install`);
  return 1;
}

/** Keeps the settings as they were before us; a copy of an earlier time is of no use any more. */
function keep(settings: string, before: string | null): void {
  if (before === null) rmSync(backupPath(settings), { force: true });
  else replaceText(backupPath(settings), before);
}

/** Whether there was anything to do. */
function apply(path: string, edit: Exclude<Edit, { status: "refused" }>): boolean {
  if (edit.status === "changed") replaceText(path, edit.text);
  if (edit.status === "removed") rmSync(path);
  return edit.status !== "unchanged";
}

function refuse(path: string, reason: string): number {
  process.stderr.write(`ccr-agent: ${path}: ${reason}\n`);
  return 1;
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
