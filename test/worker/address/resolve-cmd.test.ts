import { describe, expect, test } from "vitest";
import * as sentences from "../../../src/address/sentences.ts";
import {
  BY_NAME,
  DATE,
  GROUP,
  groupMessage,
  message,
  MESSAGE,
  OTHER_TOKEN,
  reply,
  REPLY,
  resolved,
  said,
  SILENCE,
  TOKEN,
  TYPED,
  type Row,
} from "./updates.ts";

const CMD: Row[] = [
  ["/cmd", { message: message({ text: `/cmd ${TOKEN} run the tests` }) }, { ...BY_NAME, intent: TYPED }],
  [
    "/cmd in a group",
    { message: groupMessage({ text: `/cmd@ccr_test_bot ${TOKEN} run the tests` }) },
    { ...BY_NAME, name: `m${GROUP}.${MESSAGE}`, chatId: GROUP, intent: TYPED },
  ],
  [
    "/cmd with more lines and blanks",
    { message: message({ text: `/cmd \n${TOKEN}\n  a\nb ` }) },
    { ...BY_NAME, intent: { type: "text", text: "  a\nb " } },
  ],
  [
    "/cmd with one of our words",
    { message: message({ text: `/cmd ${TOKEN} /esc` }) },
    { ...BY_NAME, intent: { type: "key", key: "escape" } },
  ],
  [
    "/cmd with two slashes",
    { message: message({ text: `/cmd ${TOKEN} //esc` }) },
    { ...BY_NAME, intent: { type: "text", text: "/esc" } },
  ],
  [
    "/cmd as a reply to another session",
    { message: reply(`/cmd ${OTHER_TOKEN} run the tests`) },
    { ...BY_NAME, ref: "BBBBBBBBBBBBBBBB", token: OTHER_TOKEN, intent: TYPED },
  ],
  ["/cmd without a text", { message: message({ text: `/cmd ${TOKEN} ` }) }, said(sentences.CMD_WITHOUT_TEXT)],
  ["/cmd without anything", { message: message({ text: "/cmd" }) }, said(sentences.CMD_HELP)],
  ["/cmd with a bad token", { message: message({ text: `/cmd ${TOKEN}x hello` }) }, said(sentences.CMD_HELP)],
  ["/cmd with a bad token in a group", { message: groupMessage({ text: "/cmd x hello" }) }, SILENCE],
  [
    "/cmd of another bot",
    { message: message({ text: `/cmd@other_bot ${TOKEN} hello` }) },
    { kind: "ignored", reason: "other-bot" },
  ],
  [
    "/cmd as a session's own command",
    { message: reply("/cmd hello") },
    { ...REPLY, intent: { type: "text", text: "/cmd hello" } },
  ],
  [
    "//cmd with a token",
    { message: reply(`//cmd ${TOKEN} x`) },
    { ...REPLY, intent: { type: "text", text: `/cmd ${TOKEN} x` } },
  ],
];

const EDITS: Row[] = [
  [
    "an edited reply",
    { edited_message: reply("run the tests", { edit_date: DATE + 9 }) },
    { ...REPLY, kind: "edit", intent: TYPED },
  ],
  [
    "an edited /cmd",
    { edited_message: message({ text: `/cmd ${TOKEN} run the tests` }) },
    { ...BY_NAME, kind: "edit", intent: TYPED },
  ],
  ["an edit that is too long", { edited_message: reply("a".repeat(65537)) }, said(sentences.TOO_LONG)],
  ["an edit without an address", { edited_message: message() }, { kind: "ignored", reason: "edit-without-address" }],
  [
    "an edited /pair",
    { edited_message: message({ text: "/pair devbox" }) },
    { kind: "ignored", reason: "edit-without-address" },
  ],
  [
    "an edited /start",
    { edited_message: message({ text: `/start ${TOKEN}` }) },
    { kind: "ignored", reason: "edit-without-address" },
  ],
  [
    "a live location that moves",
    { edited_message: reply("", { text: undefined, location: {} }) },
    { kind: "ignored", reason: "edit-without-address" },
  ],
];

describe("/cmd TOKEN text carries its address:", () => {
  test.each(CMD)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});

describe("an edit finds the command of the message:", () => {
  test.each(EDITS)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});
