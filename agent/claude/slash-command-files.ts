import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readText, replaceText, settingsPath } from "../claude/settings-file.ts";
import type { Environment } from "../environment.ts";

/** The name of our slash command inside Claude Code. */
export const NOTIFY_COMMAND = "notify-telegram";

/**
 * Claude Code expands only commands that it knows, and only then asks our hook, which answers in its place. The text
 * below reaches the model only where the hook is away.
 */
const TEXT = `---
description: Send the end of each turn of this session to Telegram ("off" ends it)
argument-hint: "[label] | off"
---
Say in one sentence: this session is not connected to Telegram, since ccr-agent does not run; \`ccr-agent start\` starts it.
`;

/** In the folder of the user's own commands. */
export function slashCommandPath(env: Environment): string {
  return join(dirname(settingsPath(env)), "commands", `${NOTIFY_COMMAND}.md`);
}

/** Makes Claude Code know the command. False where the user has one of that name, which stays. */
export function writeSlashCommand(env: Environment): boolean {
  const path = slashCommandPath(env);
  const there = readText(path);
  if (there === null) replaceText(path, TEXT);
  return there === null || there === TEXT;
}

/** Takes the command away, unless it is the user's own. */
export function removeSlashCommand(env: Environment): void {
  const path = slashCommandPath(env);
  if (readText(path) === TEXT) rmSync(path);
}

/** What is wrong with the command, for people; empty where nothing is. */
export function slashCommandProblems(env: Environment): string[] {
  const path = slashCommandPath(env);
  const there = readText(path);
  if (there === TEXT) return [];
  return [there === null ? `${path} is missing` : `${path} is not ours: /${NOTIFY_COMMAND} does what it says there`];
}
