import { describe, expect, test } from "vitest";
import * as sentences from "../../../src/address/sentences.ts";
import { reply, REPLY, resolved, said, TOKEN, type Row } from "./updates.ts";

const INTENTS: Row[] = [
  ["/esc", { message: reply("/esc") }, { ...REPLY, intent: { type: "key", key: "escape" } }],
  ["/ESC@ our bot", { message: reply("/ESC@ccr_TEST_bot") }, { ...REPLY, intent: { type: "key", key: "escape" } }],
  ["/key with a name", { message: reply("/key  Ctrl-C ") }, { ...REPLY, intent: { type: "key", key: "ctrl-c" } }],
  ["/key without a name", { message: reply("/key") }, said(sentences.KEY_WITHOUT_NAME)],
  ["/key with two names", { message: reply("/key up down") }, said(sentences.KEY_WITHOUT_NAME)],
  ["/screen", { message: reply("/screen") }, { ...REPLY, intent: { type: "screen" } }],
  ["/cancel", { message: reply("/cancel") }, { ...REPLY, intent: { type: "cancel" } }],
  ["/cancel with a text", { message: reply("/cancel the meeting") }, said(sentences.takesNothing("/cancel"))],
  ["/tail", { message: reply("/tail 20") }, { ...REPLY, intent: { type: "unavailable", command: "/tail" } }],
  ["/get", { message: reply("/get notes.md") }, { ...REPLY, intent: { type: "unavailable", command: "/get" } }],
  [
    "/escape, which only begins like ours",
    { message: reply("/escape") },
    { ...REPLY, intent: { type: "text", text: "/escape" } },
  ],
  [
    "/compact",
    { message: reply("/compact keep names") },
    { ...REPLY, intent: { type: "text", text: "/compact keep names" } },
  ],
  [
    "/compact@ our bot",
    { message: reply("/compact@ccr_test_bot keep @ccr_test_bot") },
    { ...REPLY, intent: { type: "text", text: "/compact keep @ccr_test_bot" } },
  ],
  [
    "/my:own-command@ our bot",
    { message: reply("/my:own-command@ccr_test_bot x") },
    { ...REPLY, intent: { type: "text", text: "/my:own-command x" } },
  ],
  ["/help of the session", { message: reply("/help") }, { ...REPLY, intent: { type: "text", text: "/help" } }],
  [
    "/pair as a reply",
    { message: reply("/pair devbox") },
    { ...REPLY, intent: { type: "text", text: "/pair devbox" } },
  ],
  [
    "/start with a token as a reply",
    { message: reply(`/start ${TOKEN}`) },
    { ...REPLY, intent: { type: "text", text: `/start ${TOKEN}` } },
  ],
  ["a command of another bot", { message: reply("/compact@other_bot") }, { kind: "ignored", reason: "other-bot" }],
  ["an /esc of another bot", { message: reply("/esc@other_bot") }, { kind: "ignored", reason: "other-bot" }],
  ["two slashes", { message: reply("//esc") }, { ...REPLY, intent: { type: "text", text: "/esc" } }],
  [
    "two slashes and our name",
    { message: reply("//esc@ccr_test_bot") },
    { ...REPLY, intent: { type: "text", text: "/esc@ccr_test_bot" } },
  ],
  ["a comment", { message: reply("// later") }, { ...REPLY, intent: { type: "text", text: "// later" } }],
  [
    "a path",
    { message: reply("/etc/hosts@home is wrong") },
    { ...REPLY, intent: { type: "text", text: "/etc/hosts@home is wrong" } },
  ],
  [
    "blanks around a text",
    { message: reply("  a\n  b  ") },
    { ...REPLY, intent: { type: "text", text: "  a\n  b  " } },
  ],
  ["a slash that is not first", { message: reply(" /esc") }, { ...REPLY, intent: { type: "text", text: " /esc" } }],
  ["nothing but blanks", { message: reply(" \n ") }, said(sentences.EMPTY)],
  [
    "64 KB",
    { message: reply("é".repeat(32 * 1024)) },
    { ...REPLY, intent: { type: "text", text: "é".repeat(32 * 1024) } },
  ],
  ["more than 64 KB", { message: reply(`${"é".repeat(32 * 1024)}a`) }, said(sentences.TOO_LONG)],
  ["a voice message", { message: reply("", { text: undefined, voice: {} }) }, said(sentences.NO_TEXT)],
  ["a sticker", { message: reply("", { text: undefined, sticker: {} }) }, said(sentences.NO_TEXT)],
  ["a picture without a caption", { message: reply("", { text: undefined, photo: [] }) }, said(sentences.NO_TEXT)],
  [
    "a rich message with a picture inside",
    { message: reply("", { text: undefined, rich_message: { blocks: [{ type: "photo", photo: [] }] } }) },
    said(sentences.NO_TEXT),
  ],
];

describe("an addressed message says what is wanted:", () => {
  test.each(INTENTS)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});
