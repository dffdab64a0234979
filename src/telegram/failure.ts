import { GrammyError, HttpError } from "grammy";
import { withoutToken } from "./without-token.ts";

/** What a failed call to Telegram means for whoever made it. */
export type Failure =
  /** Too fast: nothing happened, and nothing will before `afterMs`. */
  | { kind: "retry"; afterMs: number }
  /** A time-out, a network error or a 5xx: it may have happened or not. */
  | { kind: "unsure" }
  /** Nothing can ever be sent to this chat again. */
  | { kind: "chat-gone"; reason: string }
  /** The group became a supergroup: use this id from now on. */
  | { kind: "chat-moved"; chatId: number }
  /** The edit changes nothing: a success. */
  | { kind: "not-modified" }
  /** The message to edit, to delete or to react to is not there (any more). */
  | { kind: "message-gone" }
  /** The formatting was refused: send it as plain text. */
  | { kind: "not-parsed" }
  | { kind: "too-long" }
  /** A file that this server does not take. */
  | { kind: "too-big" }
  /** A press is answered too late: nobody sees the answer. */
  | { kind: "query-too-old" }
  | { kind: "reaction-refused" }
  | { kind: "token-bad" }
  /** Telegram says no, and will say so again. */
  | { kind: "refused"; reason: string };

/** Telegram always says how long to wait; this is for a server that does not. */
const DEFAULT_RETRY_SECONDS = 5;

/** Telegram has error codes for little: the rest is told apart by its English descriptions. First match wins. */
const BAD_REQUESTS: readonly (readonly [RegExp, (reason: string) => Failure])[] = [
  [/message is not modified/i, () => ({ kind: "not-modified" })],
  [/query is too old|query_id_invalid|query id is invalid/i, () => ({ kind: "query-too-old" })],
  [/file (?:is )?too (?:big|large)|file_(?:parts?_)?(?:too_big|invalid)/i, () => ({ kind: "too-big" })],
  [/message (?:is|caption is|text is) too long|(?:message|caption)_too_long/i, () => ({ kind: "too-long" })],
  [
    /message to (?:edit|delete|react|pin) not found|message can't be edited|message_id_invalid/i,
    () => ({ kind: "message-gone" }),
  ],
  [/reactions?_|reaction /i, () => ({ kind: "reaction-refused" })],
  [
    /can't parse (?:entities|message ?entity|caption entities)|entit(?:y|ies)_|entity (?:url|begin|end)/i,
    () => ({ kind: "not-parsed" }),
  ],
  // The chat still takes messages.
  [/(?:not enough|have no) rights to send documents/i, (reason) => ({ kind: "refused", reason })],
  [
    /chat not found|peer_id_invalid|chat_write_forbidden|(?:not enough|have no) rights to send|need administrator rights|group chat was deactivated|chat_restricted|user_is_blocked/i,
    (reason) => ({ kind: "chat-gone", reason }),
  ],
];

/**
 * Sorts what grammY throws: `GrammyError` where Telegram said no, `HttpError` where no answer came. Anything else is
 * a bug of ours and is thrown on. A `reason` never holds the bot's token.
 */
export function classify(error: unknown): Failure {
  if (error instanceof HttpError) return { kind: "unsure" };
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, parameters, method } = error;
  const reason = withoutToken(error.description);
  if (code === 429) return { kind: "retry", afterMs: (parameters.retry_after ?? DEFAULT_RETRY_SECONDS) * 1_000 };
  if (parameters.migrate_to_chat_id !== undefined) return { kind: "chat-moved", chatId: parameters.migrate_to_chat_id };
  if (code === 400) return badRequest(reason, method);
  if (code === 401) return { kind: "token-bad" };
  if (code === 403) return { kind: "chat-gone", reason };
  if (code === 413) return { kind: "too-big" };
  // Telegram answers a malformed token like a page that is not there; only an unknown method is named.
  if (code === 404 && !/method not found/i.test(reason)) return { kind: "token-bad" };
  return code > 400 && code < 500 ? { kind: "refused", reason } : { kind: "unsure" };
}

function badRequest(reason: string, method: string): Failure {
  const known = BAD_REQUESTS.find(([pattern]) => pattern.test(reason));
  if (known !== undefined) return known[1](reason);
  return method === "setMessageReaction" ? { kind: "reaction-refused" } : { kind: "refused", reason };
}
