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

/** What was put into the box for a text from the phone. @param pathOf where a long text is kept. */
export function asTyped(sent: string, pathOf: (text: string) => string): string {
  const { text } = clean(sent);
  return Buffer.byteLength(text) > LONGEST_PROMPT ? readFileInstead(pathOf(text)) : text;
}
