import { LIMITS } from "../protocol.ts";
import { EMPTY, KEY_WITHOUT_NAME, takesNothing, TOO_LONG } from "./sentences.ts";

/** What an addressed message asks of its session. */
export type Intent =
  | { type: "text"; text: string }
  /** The name as the user wrote it, in lower case: the agent knows which keys there are. */
  | { type: "key"; key: string }
  | { type: "screen" }
  | { type: "cancel" }
  /** A word that is kept for a later version, with its slash. */
  | { type: "unavailable"; command: string };

export type IntentResult = { kind: "intent"; intent: Intent } | { kind: "say"; text: string } | { kind: "other-bot" };

/** A slash command as Telegram marks it, with the bot that it is meant for. */
const FOR_A_BOT = /^(\/[A-Za-z0-9_]{1,64})@([A-Za-z0-9_]{3,32})(?=\s|$)/;
const FIRST_WORD = /^\/\S+/;
/** Two slashes and a word: `// like this` is a comment, and stays one. */
const ESCAPED = /^\/\/[A-Za-z0-9]/;
const OURS = /^\/(esc|key|screen|tail|get|cancel)(?:\s+([\s\S]*))?$/i;
const KEY_NAME = /^\S{1,32}$/;

/**
 * Cuts `@ourbot` from the first word of a slash command; undefined where the command is another bot's. Text that is
 * no slash command stays as it is.
 */
export function withoutBotName(text: string, botUsername: string): string | undefined {
  const first = FIRST_WORD.exec(text)?.[0];
  if (first === undefined || first.startsWith("//")) return text;
  const suffix = `@${botUsername}`;
  if (first.length > suffix.length + 1 && first.toLowerCase().endsWith(suffix.toLowerCase())) {
    return first.slice(0, -suffix.length) + text.slice(first.length);
  }
  return FOR_A_BOT.test(text) ? undefined : text;
}

/** Reads the text of an addressed message. Only a handful of slash commands are ours; everything else is typed. */
export function intentOf(addressed: string, botUsername: string): IntentResult {
  const text = withoutBotName(addressed, botUsername);
  if (text === undefined) return { kind: "other-bot" };
  if (text.trim() === "") return { kind: "say", text: EMPTY };
  const [, word, rest] = OURS.exec(text) ?? [];
  if (word === undefined) return typed(ESCAPED.test(text) ? text.slice(1) : text);
  const command = `/${word.toLowerCase()}`;
  const argument = (rest ?? "").trim();
  if (command === "/tail" || command === "/get") return { kind: "intent", intent: { type: "unavailable", command } };
  if (command === "/key") {
    if (!KEY_NAME.test(argument)) return { kind: "say", text: KEY_WITHOUT_NAME };
    return { kind: "intent", intent: { type: "key", key: argument.toLowerCase() } };
  }
  if (argument !== "") return { kind: "say", text: takesNothing(command) };
  if (command === "/esc") return { kind: "intent", intent: { type: "key", key: "escape" } };
  return { kind: "intent", intent: { type: command === "/screen" ? "screen" : "cancel" } };
}

function typed(text: string): IntentResult {
  if (new TextEncoder().encode(text).length > LIMITS.commandBytes) return { kind: "say", text: TOO_LONG };
  return { kind: "intent", intent: { type: "text", text } };
}
