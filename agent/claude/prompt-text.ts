import { EXIT } from "./exit.ts";

/** What a text from the phone is to Claude Code's box, and whether it may be typed. */
export type PromptKind =
  /** Pasted, submitted, and proved by UserPromptSubmit. */
  | { status: "prompt" }
  /** Typed, since the menu of commands opens for typed text alone. Nothing proves that it was taken. */
  | { status: "command" }
  /** Over `LONGEST_PROMPT`: to be put into a file that Claude is asked to read. */
  | { status: "long" }
  | { status: "refused"; reason: string };

/** What this machine's configuration allows from the phone. */
export type PromptPermissions = {
  /** `!` runs a command in a shell, and asks nobody. */
  shell: boolean;
  /** A bare `exit` or `quit` ends the session. */
  exit: boolean;
};

/** UTF-8 bytes of a prompt that are typed; more are given as a file. The box takes some 10 KB well. */
export const LONGEST_PROMPT = 10 * 1024;

const ENDS = new Set(["exit", "quit", ":q", ":q!", ":wq", ":wq!"]);

/** The commands that end it, and how many letters of them its menu takes for the whole (measured). */
const ENDING_COMMANDS = [
  { name: "exit", letters: 1 },
  { name: "quit", letters: 1 },
  { name: "logout", letters: 4 },
];

/** Decides it for a text that has been cleaned. */
export function judgePrompt(text: string, may: PromptPermissions): PromptKind {
  const trimmed = text.trim();
  if (trimmed.startsWith("!") && !may.shell) {
    return {
      status: "refused",
      reason:
        'a text that begins with ! would run in a shell without being asked for, and this machine does not allow it: set "allowShell" to true in its claude.json',
    };
  }
  if (endsClaude(text) && !may.exit) {
    return {
      status: "refused",
      reason: `"${trimmed}" would end Claude Code, and this machine does not allow it from here: set "allowExit" to true in its claude.json`,
    };
  }
  if (isSlashCommand(text)) return { status: "command" };
  return Buffer.byteLength(text) > LONGEST_PROMPT ? { status: "long" } : { status: "prompt" };
}

/** Whether it ends Claude Code, typed into its box: a word, or a command, whatever its case and what follows it. */
export function endsClaude(text: string): boolean {
  const trimmed = text.trim();
  const command = /^\/(\S+)/.exec(trimmed)?.[1]?.toLowerCase();
  if (command === undefined) return ENDS.has(trimmed);
  return ENDING_COMMANDS.some(({ name, letters }) => command.length >= letters && name.startsWith(command));
}

/** Whether Claude Code takes it for a command: one line, `/` and a name. A path (`/etc/hosts is odd`) is a prompt. */
export function isSlashCommand(text: string): boolean {
  return /^\/[A-Za-z][\w:-]*(?:[ \t][^\n]*)?$/.test(text.trimEnd());
}

/**
 * The text as it is put into Claude Code's box. Enter after a backslash is a newline there; after a space behind it, it
 * submits, and the space is trimmed off (measured).
 */
export function forBox(text: string): string {
  return /\\\n*$/.test(text) ? `${text.replace(/\n+$/, "")} ` : text;
}

/** What a button means, as a word that Claude understands: an empty Enter does nothing there. */
export function wordFor(action: string): string {
  return action === "exit" ? EXIT : action;
}

/** What is said in place of a text that is too long to type. */
export function readFileInstead(path: string): string {
  return `Read ${path} and do what it says.`;
}

/**
 * Whether `submitted`, the prompt of UserPromptSubmit, is the text that was typed. Claude Code wraps a long paste in
 * tags of its own and turns tabs into spaces, and the ends of a prompt are trimmed.
 */
export function isSamePrompt(typed: string, submitted: string): boolean {
  return plain(unwrapPaste(submitted)) === plain(typed);
}

/** Takes off the tags that a long paste was wrapped in. */
export function unwrapPaste(prompt: string): string {
  return prompt.replace(/<pasted_content\b[^>]*>\n?([\s\S]*?)\n?<\/pasted_content\b[^>]*>/g, "$1");
}

function plain(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[\t ]+/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .trim();
}
