import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { configPath } from "../config.ts";
import type { Environment } from "../environment.ts";
import { errorCode } from "../private-files.ts";

/** The hook that holds a question back may run for a day: see hooks-settings.ts. */
const LONGEST_AWAY_MINUTES = 23 * 60;

/** What this machine allows from the phone, and when it notifies. Everything that is not said is the careful choice. */
const ClaudeSettings = v.object({
  /** A prompt that begins with `!` runs in a shell without being asked for. */
  allowShell: v.optional(v.boolean(), false),
  /** `exit`, `quit` and their like end Claude Code. */
  allowExit: v.optional(v.boolean(), false),
  /** The ends of turns are sent for every session, without /notify-telegram. */
  alwaysNotify: v.optional(v.boolean(), false),
  /** After /away, how long a question waits for the phone alone before the terminal asks it. */
  awayMinutes: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(LONGEST_AWAY_MINUTES)), 30),
});
export type ClaudeSettings = v.InferOutput<typeof ClaudeSettings>;

const CAREFUL: ClaudeSettings = v.parse(ClaudeSettings, {});

/** `claude.json` beside the agent's configuration. */
export function claudeSettingsPath(env: Environment): string {
  return join(dirname(configPath(env)), "claude.json");
}

/** Reads the settings as they are now. A file that cannot be understood allows nothing, and `complain` hears why. */
export function readClaudeSettings(env: Environment, complain: (problem: string) => void): ClaudeSettings {
  const path = claudeSettingsPath(env);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") complain(`${path} cannot be read (${errorCode(error)}): nothing of it counts`);
    return CAREFUL;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ClaudeSettings), text);
  if (parsed.success) return parsed.output;
  complain(`${path} is not understood, nothing of it counts: ${v.summarize(parsed.issues)}`);
  return CAREFUL;
}
