import { describe, expect, test } from "vitest";
import * as sentences from "../../../src/address/sentences.ts";
import {
  BOT,
  GROUP,
  groupMessage,
  HELP,
  message,
  MESSAGE,
  REF,
  reply,
  resolved,
  said,
  sent,
  SILENCE,
  TOKEN,
  USER,
  type Row,
} from "./updates.ts";

const FROM = { name: `m${USER}.${MESSAGE}`, chatId: USER, userId: USER, messageId: MESSAGE };

const OWN: Row[] = [
  [
    "/start with a token",
    { message: message({ text: `/start ${TOKEN}` }) },
    { kind: "card", ref: REF, token: TOKEN, ...FROM },
  ],
  ["/start with a token in a group", { message: groupMessage({ text: `/start@ccr_test_bot ${TOKEN}` }) }, SILENCE],
  ["/start with something else", { message: message({ text: "/start hello" }) }, HELP],
  ["/start with a token and more", { message: message({ text: `/start ${TOKEN} rm -rf` }) }, HELP],
  ["/start", { message: message({ text: "/start" }) }, HELP],
  ["/help", { message: message({ text: "/HELP@ccr_test_bot" }) }, HELP],
  ["/help in a group", { message: groupMessage({ text: "/help@ccr_test_bot" }) }, SILENCE],
  [
    "/help of another bot",
    { message: groupMessage({ text: "/help@other_bot" }) },
    { kind: "ignored", reason: "other-bot" },
  ],
  ["/pair", { message: message({ text: "/pair devbox" }) }, { kind: "pair", machineId: "devbox", ...FROM }],
  ["/unpair", { message: message({ text: "/unpair  a-1\n" }) }, { kind: "unpair", machineId: "a-1", ...FROM }],
  ["/pair without a name", { message: message({ text: "/pair" }) }, said(sentences.MACHINE_NAME_HELP)],
  ["/pair with a capital", { message: message({ text: "/pair Devbox" }) }, said(sentences.MACHINE_NAME_HELP)],
  ["/pair with two names", { message: message({ text: "/pair a b" }) }, said(sentences.MACHINE_NAME_HELP)],
  [
    "/pair with 33 characters",
    { message: message({ text: `/pair ${"a".repeat(33)}` }) },
    said(sentences.MACHINE_NAME_HELP),
  ],
  ["/unpair with a bad name", { message: message({ text: "/unpair -x" }) }, said(sentences.MACHINE_NAME_HELP)],
  ["/pair in a group", { message: groupMessage({ text: "/pair devbox" }) }, SILENCE],
  ["/pair with a bad name in a group", { message: groupMessage({ text: "/pair ?" }) }, SILENCE],
  ["an unknown command", { message: message({ text: "/esc now" }) }, said(sentences.unknownCommand("/esc"))],
  ["a path", { message: message({ text: "/usr/bin" }) }, HELP],
];

const SILENT: Row[] = [
  [
    "a message of an anonymous admin",
    { message: groupMessage({ sender_chat: { id: GROUP }, reply_to_message: sent() }) },
    { kind: "ignored", reason: "sender_chat" },
  ],
  ["a message of nobody", { message: groupMessage({ from: undefined }) }, { kind: "ignored", reason: "no_user" }],
  [
    "the bot's own message",
    { message: reply("hello", { from: { id: BOT.id } }) },
    { kind: "ignored", reason: "own-message" },
  ],
  [
    "a pinned message",
    { message: message({ text: undefined, pinned_message: sent() }) },
    { kind: "ignored", reason: "service-message" },
  ],
  [
    "a new member",
    { message: groupMessage({ text: undefined, new_chat_members: [] }) },
    { kind: "ignored", reason: "service-message" },
  ],
  [
    "a service message that is a reply",
    { message: reply("", { text: undefined, boost_added: {} }) },
    { kind: "ignored", reason: "service-message" },
  ],
  ["a channel post", { channel_post: message() }, { kind: "ignored", reason: "other-update" }],
  ["a membership", { my_chat_member: { from: { id: USER } } }, { kind: "ignored", reason: "other-update" }],
  ["a kind that nobody knows yet", { something_new: {} }, { kind: "ignored", reason: "other-update" }],
  ["nothing at all", {}, { kind: "ignored", reason: "other-update" }],
];

describe("the bot's own commands belong into the private chat:", () => {
  test.each(OWN)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});

describe("silence is the answer to", () => {
  test.each(SILENT)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});
