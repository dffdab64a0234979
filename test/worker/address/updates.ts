/** Builders for updates as Telegram sends them; each field can be replaced. */
import { headerLink, newToken, parseToken } from "../../../src/address/reply-token.ts";
import type { Bot, Resolved } from "../../../src/address/resolve.ts";
import { resolve } from "../../../src/address/resolve.ts";
import * as sentences from "../../../src/address/sentences.ts";
import { parseUpdate } from "../../../src/telegram/update.ts";

export const BOT: Bot = { id: 123456, username: "ccr_test_bot" };
export const REF = "AAAAAAAAAAAAAAA_";
export const TOKEN = newToken(REF);
export const USER = 1001;
/** The most that Telegram's 52 bits allow, as a supergroup's id. */
export const GROUP = -(2 ** 52 - 1);
export const DATE = 1_790_000_000;
export const MESSAGE = 77;
export const REPLIED = 70;
export const OTHER_TOKEN = newToken("BBBBBBBBBBBBBBBB");
export const HEADER = "✅ devbox · api (main)";

export type Json = Record<string, unknown>;
/** A row of a table: what is sent, and what it means. */
export type Row = [sentence: string, update: Json, expected: Partial<Resolved> & { kind: Resolved["kind"] }];

const BOT_USER = { id: BOT.id, is_bot: true, first_name: "ccr", username: BOT.username };

/** A link entity over the header line. */
export function headerEntity(replaced: Json = {}): Json {
  const url = headerLink(BOT.username, TOKEN);
  return { type: "text_link", offset: 0, length: HEADER.length, url, ...replaced };
}

/** A message that the bot sent for a session. */
export function sent(replaced: Json = {}): Json {
  return {
    message_id: REPLIED,
    date: DATE - 60,
    chat: { id: USER, type: "private" },
    from: BOT_USER,
    text: `${HEADER}\nDone.`,
    entities: [headerEntity()],
    ...replaced,
  };
}

/** A message in the private chat. */
export function message(replaced: Json = {}): Json {
  return {
    message_id: MESSAGE,
    date: DATE,
    chat: { id: USER, type: "private", first_name: "Ann" },
    from: { id: USER, is_bot: false, first_name: "Ann" },
    text: "run the tests",
    ...replaced,
  };
}

/** A message in a group. */
export function groupMessage(replaced: Json = {}): Json {
  return message({ chat: { id: GROUP, type: "supergroup", title: "team", is_forum: true }, ...replaced });
}

/** A reply to a message of the session, in the private chat. */
export function reply(text: string, replaced: Json = {}): Json {
  return message({ text, reply_to_message: sent(), ...replaced });
}

export function press(data: unknown, replaced: Json = {}): Json {
  return {
    callback_query: {
      id: "4382bfdwdsb323b2d9",
      from: { id: USER, is_bot: false, first_name: "Ann" },
      message: sent(),
      chat_instance: "1",
      data,
      ...replaced,
    },
  };
}

const TO_SESSION = {
  ref: REF,
  token: TOKEN,
  name: `m${USER}.${MESSAGE}`,
  chatId: USER,
  userId: USER,
  messageId: MESSAGE,
};
/** What every reply to `sent()` comes to, but for its intent. */
export const REPLY = { kind: "command", ...TO_SESSION, date: DATE, attachment: false, repliedTo: REPLIED } as const;
/** What every `/cmd TOKEN text` comes to, but for its intent. */
export const BY_NAME = { kind: "command", ...TO_SESSION, date: DATE, attachment: false } as const;
export const TYPED = { type: "text", text: "run the tests" } as const;
export const HELP = { kind: "say", chatId: USER, text: sentences.HELP, replyTo: MESSAGE } as const;
export const SILENCE = { kind: "ignored", reason: "no-address" } as const;

/** A sentence in the private chat, in answer to `message()`. */
export function said(text: string): Partial<Resolved> & { kind: "say" } {
  return { kind: "say", chatId: USER, text, replyTo: MESSAGE };
}

/** A reply whose replied-to message has these fields. */
export function replyTo(replaced: Json): Json {
  return { message: reply("run the tests", { reply_to_message: sent(replaced) }) };
}

/** A reply to a message whose header links to `url`. */
export function link(url: string): Json {
  return replyTo({ entities: [headerEntity({ url })] });
}

/** What the bot makes of an update, after it went through the same door as a real one. */
export function resolved(update: Json): Resolved {
  const parsed = parseUpdate({ update_id: 5, ...update });
  if (parsed.status !== "update") throw new Error(`not an update: ${parsed.reason}`);
  return resolve(parsed.update, BOT);
}

if (parseToken(TOKEN)?.ref !== REF) throw new Error("the test's token is not one");
