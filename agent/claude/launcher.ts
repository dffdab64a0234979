import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { stripTypeScriptTypes } from "node:module";
import type { Environment } from "../environment.ts";
import { writePrivateFile } from "../private-files.ts";

/** The two files that Claude Code's settings point to. Their place never changes: not with an update, nor with Node. */
export type LauncherPaths = { launcher: string; entry: string };

/** In `$XDG_DATA_HOME/ccr-agent`, else `~/.local/share/ccr-agent`. */
export function launcherPaths(env: Environment): LauncherPaths {
  const base = env.XDG_DATA_HOME;
  const data = base !== undefined && isAbsolute(base) ? base : join(env.HOME ?? homedir(), ".local", "share");
  const folder = join(data, "ccr-agent");
  return { launcher: join(folder, "hook"), entry: join(folder, "hook.cjs") };
}

/**
 * The launcher's text: a script for any POSIX shell. Without a daemon, or for a session that no person sits at, it
 * ends before Node is started. It stays beside Node, since a Node that cannot start (one half updated) would end with
 * an error that Claude shows.
 *
 * @param node the Node to run; where it is gone, the one that PATH has.
 */
export function launcherText(node: string, entry: string): string {
  return `#!/bin/sh
# Tells ccr-agent of one event of Claude Code. Where something is missing it leaves in silence: Claude must not notice.
# Written by "ccr-agent hooks install". After "ccr-agent hooks uninstall" it does nothing: it may be deleted once the
# sessions that ran then have ended.
[ "\${CLAUDE_CODE_ENTRYPOINT-}" = cli ] || exit 0
case \${XDG_STATE_HOME-} in
  /*) state=$XDG_STATE_HOME ;;
  *) state=\${HOME-}/.local/state ;;
esac
socket=$state/ccr-agent/agent.sock
[ -S "$socket" ] || exit 0
entry=${quoted(entry)}
[ -f "$entry" ] || exit 0
node=${quoted(node)}
[ -x "$node" ] || node=$(command -v node) || exit 0
unset NODE_OPTIONS
# A program in the background would otherwise lose its standard input.
exec 3<&0
"$node" "$entry" "$socket" "\${1-}" "$PPID" <&3 3<&- 2>/dev/null &
child=$!
trap 'kill "$child" 2>/dev/null' HUP INT TERM
wait "$child"
exit 0
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The hook's program as JavaScript: Node would take three times as long for TypeScript. */
export function entryText(): string {
  const built = import.meta.filename.endsWith(".js");
  const text = readFileSync(join(import.meta.dirname, built ? "hook-entry.js" : "hook-entry.ts"), "utf8");
  // The compiler marks what it emits as a module; this is none.
  return built ? text.replace(/^export \{\};$/m, "") : stripTypeScriptTypes(text);
}

/** Puts both files in their place. */
export function writeLauncher({ launcher, entry }: LauncherPaths, node: string): void {
  writePrivateFile(entry, entryText());
  writePrivateFile(launcher, launcherText(node, entry));
  chmodSync(launcher, 0o700);
}

/**
 * Makes the launcher one that does nothing, by taking away what it runs. It stays itself: a session that has not read
 * its settings anew yet calls it, and Claude shows a command that is missing.
 *
 * @returns whether a launcher is there.
 */
export function disarmLauncher({ launcher, entry }: LauncherPaths): boolean {
  rmSync(entry, { force: true });
  return existsSync(launcher);
}

/** What is wrong with the two files, for people; empty where nothing is. */
export function launcherProblems({ launcher, entry }: LauncherPaths, node: string): string[] {
  const wanted = [
    { path: launcher, text: launcherText(node, entry) },
    { path: entry, text: entryText() },
  ];
  return wanted.flatMap(({ path, text }) => {
    const found = readIfThere(path);
    if (found === undefined) return [`${path} is missing`];
    return found === text ? [] : [`${path} is of another version, or of another Node`];
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // What cannot be read cannot be run either.
    return undefined;
  }
}
