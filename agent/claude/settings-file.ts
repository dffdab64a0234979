import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Environment } from "../environment.ts";
import { errorCode } from "../private-files.ts";

/** Claude Code's user settings: in `$CLAUDE_CONFIG_DIR`, else in `~/.claude`. */
export function settingsPath(env: Environment): string {
  const folder = env.CLAUDE_CONFIG_DIR;
  return join(folder === undefined || folder === "" ? join(env.HOME ?? homedir(), ".claude") : folder, "settings.json");
}

/** Where the settings are kept as they were before us. */
export function backupPath(settings: string): string {
  return `${settings}.before-ccr-agent`;
}

/** A file's text, or null where there is none. @throws where it is there and cannot be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return null;
    throw new Error(`${path} cannot be read (${code}): nothing was changed`, { cause: error });
  }
}

/** Writes a file whole or not at all. A link stays a link, and the permissions stay as they were. */
export function replaceText(path: string, text: string): void {
  const target = realPath(path);
  mkdirSync(dirname(target), { recursive: true });
  const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o600;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const fd = openSync(temporary, "w", mode & 0o777);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`${path} cannot be written (${errorCode(error)}): nothing was changed`, { cause: error });
  }
}

/** Settings are often a link into a folder under version control. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there yet.
    return path;
  }
}
