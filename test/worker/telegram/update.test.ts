import { expect, test } from "vitest";
import { parseUpdate } from "../../../src/telegram/update.ts";

const MESSAGE = { message_id: 1, date: 2, chat: { id: 3, type: "private" } };

test("fields that the router does not know stay", () => {
  const json = { update_id: 1, message: { ...MESSAGE, text: "a", new_field: { a: 1 } }, other: [] };
  expect(parseUpdate(json)).toEqual({ status: "update", update: json });
});

test.each([
  ["no object", null, "it is not Object"],
  ["no number", { message: MESSAGE }, "update_id is missing"],
  ["a message without a chat", { update_id: 1, message: { message_id: 1, date: 2 } }, "message.chat is missing"],
  [
    "a chat id of 54 bits",
    { update_id: 1, message: { ...MESSAGE, chat: { id: 2 ** 53, type: "group" } } },
    "message.chat.id",
  ],
  ["a text that is a number", { update_id: 1, message: { ...MESSAGE, text: 1 } }, "message.text is not string"],
  [
    "an entity before the text",
    { update_id: 1, message: { ...MESSAGE, entities: [{ type: "a", offset: -1, length: 1 }] } },
    "entities.0.offset",
  ],
  [
    "a callback id that is no name",
    { update_id: 1, callback_query: { id: "a b", from: { id: 1 } } },
    "callback_query.id",
  ],
])("%s is an unknown shape, and the reason says where", (_, json, reason) => {
  const parsed = parseUpdate(json);
  expect(parsed).toMatchObject({ status: "unknown-shape" });
  expect(parsed).toHaveProperty("reason", expect.stringContaining(reason));
});

test("the reason repeats nothing that a person wrote", () => {
  const parsed = parseUpdate({ update_id: "canary", message: MESSAGE });
  expect(JSON.stringify(parsed)).not.toContain("canary");
});
