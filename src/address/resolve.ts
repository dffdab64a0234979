/**
 * What an update means: the heart of the Worker. A pure function, so that the whole table of what Telegram can send
 * is tested without any object. An address is taken only from where nobody but the router can have put it, and
 * where there is none nothing is guessed.
 */
import * as v from "valibot";
import { LIMITS, MachineName } from "../protocol.ts";
import type { Message, Update } from "../telegram/update.ts";
import { nameOfCallback, nameOfMessage } from "./command-id.ts";
import { contentOf } from "./content.ts";
import { intentOf, withoutBotName, type Intent } from "./intent.ts";
import { parseToken, tokenOfLink } from "./reply-token.ts";
import * as sentences from "./sentences.ts";

/** The bot itself: `id` is the number before the colon in its token. */
export interface Bot {
  id: number;
  username: string;
}

/** Who sent an update. Where a chat speaks in a person's stead, `from` is a stand-in and proves nothing. */
export type Sender = { userId: number } | { refused: "sender_chat" | "no_user" };

/** A message of an allowed chat, on its way to a session. `date` is in seconds, as Telegram counts. */
interface Addressed {
  ref: string;
  token: string;
  /** Names the command inside its session: the same for a redelivery and for an edit. */
  name: string;
  chatId: number;
  userId: number;
  messageId: number;
  date: number;
  intent: Intent;
  /** There was a picture or a file beside the text, and it goes nowhere. */
  attachment: boolean;
  /** The message that it replies to; absent for `/cmd TOKEN text`. */
  repliedTo?: number;
}

interface FromPrivateChat {
  name: string;
  chatId: number;
  userId: number;
  messageId: number;
}

type IgnoredReason =
  | "other-update"
  | "sender_chat"
  | "no_user"
  | "own-message"
  | "other-bot"
  | "service-message"
  | "no-address"
  | "edit-without-address";

export type Resolved =
  | ({ kind: "command" } & Addressed)
  | ({ kind: "edit" } & Addressed)
  | {
      kind: "press";
      ref: string;
      token: string;
      name: string;
      chatId: number;
      userId: number;
      messageId: number;
      callbackId: string;
      action: string;
    }
  /** A tap on a header: shows the session's card, carries no text and grants nothing. */
  | ({ kind: "card"; ref: string; token: string } & FromPrivateChat)
  | ({ kind: "pair" | "unpair"; machineId: string } & FromPrivateChat)
  /** An answer that has no session behind it. */
  | { kind: "say"; chatId: number; text: string; replyTo: number }
  | { kind: "answerPress"; callbackId: string; text: string }
  | { kind: "ignored"; reason: IgnoredReason };

const PRESS = /^cmd:([A-Za-z0-9_-]{28}):(.+)$/s;
const CMD = /^\/cmd(?:\s+(\S+)(?:\s([\s\S]*))?)?\s*$/i;
const BOT_COMMAND = /^(\/[A-Za-z0-9_]{1,64})(?=\s|$)\s*([\s\S]*)$/;

/** Who sent an update: checked against the allow-list before anything is made of what it says. */
export function senderOf(update: Update): Sender {
  if (update.callback_query !== undefined) return { userId: update.callback_query.from.id };
  const message = update.message ?? update.edited_message;
  if (message?.sender_chat !== undefined) return { refused: "sender_chat" };
  return message?.from === undefined ? { refused: "no_user" } : { userId: message.from.id };
}

/** Says what an update means for this bot. Knows nothing of allow-lists, tokens or sessions; never throws. */
export function resolve(update: Update, bot: Bot): Resolved {
  if (update.callback_query !== undefined) return resolvePress(update.callback_query);
  const message = update.message ?? update.edited_message;
  if (message === undefined) return { kind: "ignored", reason: "other-update" };
  const sender = senderOf(update);
  if ("refused" in sender) return { kind: "ignored", reason: sender.refused };
  if (sender.userId === bot.id) return { kind: "ignored", reason: "own-message" };
  return resolveMessage(message, update.message === undefined, sender.userId, bot);
}

function resolvePress(query: NonNullable<Update["callback_query"]>): Resolved {
  const callbackId = query.id;
  const data = query.data ?? "";
  const [, text, action] = PRESS.exec(data) ?? [];
  const address = parseToken(text ?? "");
  const tooLong = new TextEncoder().encode(data).length > LIMITS.callbackDataBytes;
  if (query.message === undefined || address === undefined || action === undefined || tooLong) {
    return { kind: "answerPress", callbackId, text: sentences.NOT_MY_BUTTON };
  }
  return {
    kind: "press",
    ...address,
    name: nameOfCallback(callbackId),
    chatId: query.message.chat.id,
    userId: query.from.id,
    messageId: query.message.message_id,
    callbackId,
    action,
  };
}

function resolveMessage(message: Message, edited: boolean, userId: number, bot: Bot): Resolved {
  const content = contentOf(message);
  if (content.kind === "service") return { kind: "ignored", reason: "service-message" };
  const reply = addressOfReply(message, bot);
  if (content.kind === "no-text") {
    // A live location is edited every few seconds: nobody wants to be told each time.
    if (edited) return { kind: "ignored", reason: "edit-without-address" };
    return reply === undefined ? unaddressed(message, "", userId, bot) : say(message, sentences.NO_TEXT);
  }
  const byName = addressOfCmd(content.text, bot);
  const address = byName ?? reply;
  if (address === undefined) {
    if (edited) return { kind: "ignored", reason: "edit-without-address" };
    return unaddressed(message, content.text, userId, bot);
  }
  if (byName !== undefined && byName.text.trim() === "") return say(message, sentences.CMD_WITHOUT_TEXT);
  const result = intentOf(byName?.text ?? content.text, bot.username);
  if (result.kind === "other-bot") return { kind: "ignored", reason: "other-bot" };
  if (result.kind === "say") return say(message, result.text);
  return {
    kind: edited ? "edit" : "command",
    ref: address.ref,
    token: address.token,
    name: nameOfMessage(message.chat.id, message.message_id),
    chatId: message.chat.id,
    userId,
    messageId: message.message_id,
    date: message.date,
    intent: result.intent,
    attachment: content.attachment,
    ...(byName === undefined && message.reply_to_message !== undefined
      ? { repliedTo: message.reply_to_message.message_id }
      : {}),
  };
}

/**
 * The address in the message that is replied to: the header link at offset 0, where the message is the bot's own.
 * In a forum every message "replies" to the one that created its topic: that is no reply.
 */
function addressOfReply(message: Message, bot: Bot): { token: string; ref: string } | undefined {
  const replied = message.reply_to_message;
  if (replied === undefined || replied.from?.id !== bot.id || replied.forum_topic_created !== undefined)
    return undefined;
  const entities = replied.text === undefined ? replied.caption_entities : replied.entities;
  const header = entities?.find((entity) => entity.type === "text_link" && entity.offset === 0 && entity.length > 0);
  return parseToken(tokenOfLink(header?.url ?? "", bot.username) ?? "");
}

/** The address and the text of `/cmd TOKEN text`. It says what it means, so it goes before the message replied to. */
function addressOfCmd(text: string, bot: Bot): { token: string; ref: string; text: string } | undefined {
  const [, token, rest] = CMD.exec(withoutBotName(text, bot.username) ?? "") ?? [];
  const address = parseToken(token ?? "");
  return address === undefined ? undefined : { ...address, text: rest ?? "" };
}

/** A message that names no session: the bot's own commands and help in private, silence everywhere else. */
function unaddressed(message: Message, full: string, userId: number, bot: Bot): Resolved {
  const text = withoutBotName(full, bot.username);
  if (text === undefined) return { kind: "ignored", reason: "other-bot" };
  if (message.chat.type !== "private") return { kind: "ignored", reason: "no-address" };
  const [, word, rest] = BOT_COMMAND.exec(text) ?? [];
  if (word === undefined) return say(message, sentences.HELP);
  const argument = (rest ?? "").trim();
  const from = {
    name: nameOfMessage(message.chat.id, message.message_id),
    chatId: message.chat.id,
    userId,
    messageId: message.message_id,
  };
  const command = word.toLowerCase();
  switch (command) {
    case "/start": {
      const address = parseToken(argument);
      return address === undefined ? say(message, sentences.HELP) : { kind: "card", ...address, ...from };
    }
    case "/help":
      return say(message, sentences.HELP);
    case "/cmd":
      return say(message, sentences.CMD_HELP);
    case "/pair":
    case "/unpair":
      if (!v.is(MachineName, argument)) return say(message, sentences.MACHINE_NAME_HELP);
      return { kind: command === "/pair" ? "pair" : "unpair", machineId: argument, ...from };
    default:
      return say(message, sentences.unknownCommand(word));
  }
}

function say(message: Message, text: string): Resolved {
  return { kind: "say", chatId: message.chat.id, text, replyTo: message.message_id };
}
