import { clean } from "../session/clean.ts";
import type { HookInputOf } from "./hook-input.ts";
import { LONGEST_PROMPT, readFileInstead } from "./prompt-text.ts";

/**
 * Whether somebody typed this prompt. Claude Code puts in by itself that a task in the background has ended, and says
 * so in no other way (measured).
 */
export function isTypedByPerson({
  prompt,
  source,
}: Pick<HookInputOf<"UserPromptSubmit">, "prompt" | "source">): boolean {
  return (source === undefined || source === "user") && !prompt.startsWith("<task-notification>");
}

/** What was put into the box for a text from the phone. @param keep puts a long text into a file; returns its path. */
export function asTyped(sent: string, keep: (text: string) => string): string {
  const { text } = clean(sent);
  return Buffer.byteLength(text) > LONGEST_PROMPT ? readFileInstead(keep(text)) : text;
}
