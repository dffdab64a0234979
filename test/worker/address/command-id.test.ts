import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  commandId,
  expandName,
  nameOfCallback,
  nameOfMessage,
  parseCommandId,
  shortName,
} from "../../../src/address/command-id.ts";
import { LIMITS } from "../../../src/protocol.ts";

const REF = "abcdefghijklmno-";
const chatId = fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 });
const messageId = fc.integer({ min: 0, max: 999_999_999_999 });
const callbackId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);

test("a message's command id holds its session, chat and number", () => {
  expect(commandId(REF, nameOfMessage(-1001234567890, 42))).toBe(`${REF}.m-1001234567890.42`);
});

test("every command id that Telegram's numbers can make is read back", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(chatId, messageId).map(([chat, id]) => nameOfMessage(chat, id)),
        callbackId.map(nameOfCallback),
      ),
      (name) => {
        expect(parseCommandId(commandId(REF, name))).toEqual({ ref: REF, name });
      },
    ),
  );
});

test.each([
  "",
  REF,
  `${REF}.`,
  `${REF}.m1`,
  `${REF}.m1.2.3`,
  `${REF}.x1`,
  `${REF.slice(1)}.q1`,
  `${REF}.q`,
  `${REF}.q1\n`,
  `${REF}.m1.-2`,
])("%j is no command id", (id) => expect(parseCommandId(id)).toBeUndefined());

test("a short name fits into a button and is expanded in its chat", () => {
  fc.assert(
    fc.property(chatId, messageId, callbackId, (chat, message, callback) => {
      for (const name of [nameOfMessage(chat, message), nameOfCallback(callback)]) {
        const short = shortName(name);
        expect(`!cancel.${short}`.length).toBeLessThanOrEqual(LIMITS.actionBytes);
        expect(expandName(short, chat)).toBe(name);
      }
    }),
  );
});

test.each(["", "m", "m1.2", "m-1", "q", "x", "q1.2", "m1\n", "m0001x"])("%j is no short name", (short) => {
  expect(expandName(short, 1)).toBeUndefined();
});
