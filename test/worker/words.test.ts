import { expect, test } from "vitest";
import { HOUR, MINUTE } from "./support/clock.ts";
import { machineObject, ring } from "./support/objects.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";

test.each([
  { text: "/esc", command: { kind: "key", command: "escape" } },
  { text: "/key Ctrl-C", command: { kind: "key", command: "ctrl-c" } },
  { text: "/screen", command: { kind: "screen", command: "" } },
  { text: "//esc", command: { kind: "text", command: "/esc" } },
  { text: "//compact now", command: { kind: "text", command: "/compact now" } },
  { text: "/compact", command: { kind: "text", command: "/compact" } },
  { text: "/model@ccr_test_bot opus", command: { kind: "text", command: "/model opus" } },
  { text: "hello\nworld", command: { kind: "text", command: "hello\nworld" } },
])("a reply that says $text becomes a $command.kind", async ({ text, command }) => {
  const sessionId = `s-${crypto.randomUUID()}`;
  const { talk, socket } = await awakeTalkOn("words", sessionId);
  expect(await talk.reply(text, await talk.hear("Ready."))).toMatchObject({ status: 200, said: undefined });
  const sent = await socket.next("command");
  expect(sent).toMatchObject({ ...command, sessionId });
  await socket.carryOut(sent);
});

test.each([
  { text: "/model@other_bot opus", said: undefined },
  { text: "/tail", said: "/tail is kept for a later version. To type it into the session, write //tail." },
  { text: "/key", said: "Which key? One name comes after /key, for example: /key escape, /key ctrl-c, /key up" },
])("a reply that says $text is no command", async ({ text, said }) => {
  const { talk, socket } = await awakeTalkOn("no-words", "s-no-words");
  expect(await talk.reply(text, await talk.hear("Ready."))).toMatchObject({ status: 200, said });
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("keys and the screen go before typed commands", async () => {
  const talk = await talkOn("urgent", "s-urgent");
  const hello = await talk.hear("Ready.");
  for (const text of ["one", "two", "/esc", "/screen"]) await talk.reply(text, hello);
  const socket = await talk.machine.connect({ sessions: ["s-urgent"] });
  const kinds = [];
  for (let n = 0; n < 4; n++) kinds.push((await socket.next("command")).kind);
  expect(kinds).toEqual(["key", "screen", "text", "text"]);
});

test("a key is worth ten minutes, a text a day; what is over is told with its reason", async () => {
  const talk = await talkOn("ages", "s-ages");
  const hello = await talk.hear("Ready.");
  const key = await talk.reply("/esc", hello);
  const text = await talk.reply("tomorrow", hello);
  await talk.later(11 * MINUTE);
  await ring(machineObject("ages"));
  expect(await talk.stateOf(key.name)).toBe("expired");
  expect(await talk.stateOf(text.name)).toBe("offered");
  await talk.says("Not typed, its time is over");
  await talk.later(24 * HOUR);
  await ring(machineObject("ages"));
  expect(await talk.stateOf(text.name)).toBe("expired");
  await talk.reacts("👎", text.messageId);
});
