import { randomBytes } from "node:crypto";
import { AGES, type Command, type NotificationBody } from "../../src/protocol.ts";
import { choiceAction } from "./permission-card.ts";
import { callback } from "./turn-message.ts";

/**
 * Whether Claude Code is to be ended. Everything about it stands in the nonce, so that the answer means the same to an
 * agent that was started since. One of another question is shorter.
 */
const NONCE = /^exit-[\w-]{11}$/;
const NONCE_BYTES = 8;

const END = "y";
const KEEP = "n";

/** What ends Claude Code, typed into its box. */
export const EXIT = "/exit";

/** Asks once more: a button is pressed by mistake sooner than a word is typed. */
export function exitQuestion(sessionId: string, label: string | null): NotificationBody {
  const nonce = `exit-${randomBytes(NONCE_BYTES).toString("base64url")}`;
  const button = (text: string, choice: string): { text: string; callback_data: string } => ({
    text,
    callback_data: callback(choiceAction(nonce, choice)),
  });
  return {
    sessionId,
    id: nonce,
    text: label === null ? "End Claude Code?" : `End Claude Code in ${label}?`,
    format: "plain",
    sign: "question",
    subject: "end it?",
    replyMarkup: { inline_keyboard: [[button("End it", END), button("Keep it running", KEEP)]] },
    question: { nonce, remainingMs: AGES.urgentCommand },
  };
}

/** Whether this is the nonce of such a question. */
export function isExit(nonce: string): boolean {
  return NONCE.test(nonce);
}

/**
 * What is to be done for a command. "End it" is an order to type, and so it waits, is checked and is written down like
 * any text. Words in answer to the question are words for Claude, which runs on. All else is what it is.
 */
export function meaningOf(command: Command): Command {
  if (command.kind !== "answer" || !isExit(command.nonce)) return command;
  const { choice, nonce: _, ...text } = command;
  if (choice === undefined) return { ...text, kind: "text" };
  return choice === END ? { ...text, kind: "text", command: EXIT } : command;
}
