import { describe, expect, test } from "vitest";
import * as sentences from "../../../src/address/sentences.ts";
import { GROUP, press, REF, REPLIED, resolved, TOKEN, USER, type Row } from "./updates.ts";

const PRESSED = {
  kind: "press",
  ref: REF,
  token: TOKEN,
  name: "q4382bfdwdsb323b2d9",
  chatId: USER,
  userId: USER,
  messageId: REPLIED,
  callbackId: "4382bfdwdsb323b2d9",
} as const;
const NOT_MINE = { kind: "answerPress", callbackId: "4382bfdwdsb323b2d9", text: sentences.NOT_MY_BUTTON } as const;

const PRESSES: Row[] = [
  ["a press", press(`cmd:${TOKEN}:continue`), { ...PRESSED, action: "continue" }],
  ["a press of an answer", press(`cmd:${TOKEN}:?n1.yes`), { ...PRESSED, action: "?n1.yes" }],
  ["a press of the router's own", press(`cmd:${TOKEN}:!cancel.m77`), { ...PRESSED, action: "!cancel.m77" }],
  ["an action with colons and line ends", press(`cmd:${TOKEN}:a:b\nc`), { ...PRESSED, action: "a:b\nc" }],
  ["64 bytes", press(`cmd:${TOKEN}:${"é".repeat(15)}a`), { ...PRESSED, action: `${"é".repeat(15)}a` }],
  ["65 bytes", press(`cmd:${TOKEN}:${"é".repeat(16)}`), NOT_MINE],
  [
    "a press on a message that is too old",
    press(`cmd:${TOKEN}:yes`, { message: { date: 0, message_id: 3, chat: { id: GROUP, type: "supergroup" } } }),
    { ...PRESSED, chatId: GROUP, messageId: 3, action: "yes" },
  ],
  [
    "a press by another member",
    press(`cmd:${TOKEN}:yes`, { from: { id: 1002 } }),
    { ...PRESSED, userId: 1002, action: "yes" },
  ],
  ["a press without a message", press(`cmd:${TOKEN}:yes`, { message: undefined, inline_message_id: "x" }), NOT_MINE],
  ["no action", press(`cmd:${TOKEN}:`), NOT_MINE],
  ["no second colon", press(`cmd:${TOKEN}`), NOT_MINE],
  ["a token that is too short", press(`cmd:${TOKEN.slice(1)}:yes`), NOT_MINE],
  ["a token that is too long", press(`cmd:${TOKEN}a:yes`), NOT_MINE],
  ["a token with other characters", press(`cmd:${TOKEN.slice(1)}+:yes`), NOT_MINE],
  ["the literal word TOKEN", press("cmd:TOKEN:yes"), NOT_MINE],
  ["another prefix", press(`CMD:${TOKEN}:yes`), NOT_MINE],
  ["empty data", press(""), NOT_MINE],
  ["no data: a game", press(undefined, { game_short_name: "chess" }), NOT_MINE],
];

describe("a press is read from its data:", () => {
  test.each(PRESSES)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});
