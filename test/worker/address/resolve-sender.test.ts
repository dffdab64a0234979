import { describe, expect, test } from "vitest";
import { resolve, senderOf } from "../../../src/address/resolve.ts";
import { parseUpdate } from "../../../src/telegram/update.ts";
import { BOT, message, press, reply, USER, type Json } from "./updates.ts";

describe("the sender of an update", () => {
  const rows: [string, Json, ReturnType<typeof senderOf>][] = [
    ["is who wrote the message", { message: message() }, { userId: USER }],
    ["is who edited it", { edited_message: message() }, { userId: USER }],
    ["is who pressed, not who sent the message", press("x", { from: { id: 1002 } }), { userId: 1002 }],
    ["is refused where a chat speaks", { message: message({ sender_chat: { id: 1 } }) }, { refused: "sender_chat" }],
    ["is nobody in other updates", { channel_post: {} }, { refused: "no_user" }],
  ];
  test.each(rows)("%s", (_, update, expected) => {
    const parsed = parseUpdate({ update_id: 1, ...update });
    expect(parsed.status === "update" && senderOf(parsed.update)).toEqual(expected);
  });
});

test("a bot of another name takes nothing from this bot's links", () => {
  const parsed = parseUpdate({ update_id: 1, message: reply("hello") });
  if (parsed.status !== "update") throw new Error(parsed.reason);
  expect(resolve(parsed.update, { ...BOT, username: "another_bot" })).toMatchObject({ kind: "say" });
  expect(resolve(parsed.update, { ...BOT, id: 1 })).toMatchObject({ kind: "say" });
});
