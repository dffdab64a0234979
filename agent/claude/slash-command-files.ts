import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "../environment.ts";
import type { HookInputOf } from "./hook-input.ts";
import { SESSION_COMMANDS, type SessionCommand } from "./session-commands.ts";
import { readText, replaceText, settingsPath } from "./settings-file.ts";

/**
 * Claude Code expands only commands that it knows, and only then asks our hook, which answers in its place. The text
 * below reaches the model only where the hook is away.
 */
function textOf({ description, argumentHint }: SessionCommand): string {
  return `---
description: ${description}
${argumentHint === undefined ? "" : `argument-hint: "${argumentHint}"\n`}---
Say in one sentence: this session is not connected to Telegram, since ccr-agent does not run; \`ccr-agent start\` starts it.
`;
}

/** In the folder of the user's own commands. */
function pathOf({ name }: SessionCommand, env: Environment): string {
  return join(dirname(settingsPath(env)), "commands", `${name}.md`);
}

/** Where Claude Code found a command that lies among the user's own (measured). */
const USERS_OWN = "userSettings";

/** Whether it is a command of ours that Claude Code expands, and not one of the user's, or a project's, of that name. */
export function isOurs(
  { command_name: name, command_source: source }: HookInputOf<"UserPromptExpansion">,
  env: Environment,
): boolean {
  return (source === undefined || source === USERS_OWN) && isInstalled(name, env);
}

/** Whether the user's command of this name is ours, and there. Never throws: what cannot be read is not known as ours. */
export function isInstalled(name: string, env: Environment): boolean {
  const command = SESSION_COMMANDS.find((one) => one.name === name);
  try {
    return command !== undefined && readText(pathOf(command, env)) === textOf(command);
  } catch {
    // `hooks status` says so, and why.
    return false;
  }
}

/** Makes Claude Code know our commands. Returns the files of commands of those names that are the user's, and stay. */
export function writeSlashCommands(env: Environment): string[] {
  return SESSION_COMMANDS.flatMap((command) => {
    const path = pathOf(command, env);
    const there = readText(path);
    if (there === null) replaceText(path, textOf(command));
    return there === null || there === textOf(command) ? [] : [path];
  });
}

/** Takes our commands away, and none of the user's own. */
export function removeSlashCommands(env: Environment): void {
  for (const command of SESSION_COMMANDS) {
    const path = pathOf(command, env);
    if (readText(path) === textOf(command)) rmSync(path);
  }
}

/** What is wrong with the commands, for people; empty where nothing is. */
export function slashCommandProblems(env: Environment): string[] {
  return SESSION_COMMANDS.flatMap((command) => {
    const path = pathOf(command, env);
    const there = readText(path);
    if (there === textOf(command)) return [];
    return [there === null ? `${path} is missing` : `${path} is not ours: /${command.name} does what it says there`];
  });
}
