import { expect, test } from "vitest";
import { SECOND } from "./support/clock.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, talkOn } from "./support/talk.ts";
import { messagesIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

test("[Show] lists what waits, each with a button that cancels it; a redelivery sends no second list", async () => {
  const talk = await talkOn("shelf", "s-shelf");
  const hello = await talk.hear("Ready.");
  const first = await talk.reply("make   the\ntea", hello);
  await talk.reply("bake a cake", hello);
  await talk.reply("/key ctrl-c", hello);
  await talk.later(2 * SECOND);
  const line = await talk.says("3 waiting");
  const shown = await talk.press("Show", line);
  expect(shown.said).toBe("3 waiting");
  const list = await talk.says("1. make the tea");
  expect(list.text).toContain("1. make the tea\n2. bake a cake\n3. /key ctrl-c");
  expect(buttonsOf(list)).toEqual(["Cancel 1", "Cancel 2", "Cancel 3"]);
  expect((await talk.again(shown.update)).said).toBe("3 waiting");
  expect(await talk.timesSent("1. make the tea")).toBe(1);

  const cancelled = await talk.press("Cancel 1", list);
  expect(cancelled.said).toBe("1 cancelled");
  expect((await talk.again(cancelled.update)).said).toBe("1 cancelled");
  expect(await talk.stateOf(first.name)).toBe("cancelled");
  expect((await talk.press("Cancel 1", list)).said).toBe("cancelled");
  await talk.reacts("", first.messageId);

  const socket = await talk.machine.connect({ sessions: ["s-shelf"] });
  expect((await socket.next("command")).command).toBe("ctrl-c");
  expect((await socket.next("command")).command).toBe("bake a cake");
  await socket.settled();
  expect(socket.commands()).toHaveLength(2);
});

test("[Cancel all] cancels what waits, silently but for its toast, and the waiting message says so", async () => {
  const talk = await talkOn("bin", "s-bin");
  const hello = await talk.hear("Ready.");
  const first = await talk.reply("one", hello);
  await talk.reply("two", hello);
  await talk.later(2 * SECOND);
  await talk.reacts("😴", first.messageId);
  const line = await talk.says("2 waiting");
  const before = (await messagesIn(talk.chatId)).length;
  expect((await talk.press("Cancel all", line)).said).toBe("2 cancelled");
  await talk.reacts("", first.messageId);
  await until("the line is settled", async () =>
    (await talk.bubble(line.message_id)).text.endsWith("nothing waits for bin any more"),
  );
  expect(buttonsOf(await talk.bubble(line.message_id))).toEqual([]);
  expect(await messagesIn(talk.chatId)).toHaveLength(before);
  const socket = await talk.machine.connect({ sessions: ["s-bin"] });
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("a redelivered [Cancel all] does not cancel what was asked for since", async () => {
  const talk = await talkOn("again", "s-again");
  const hello = await talk.hear("Ready.");
  await talk.reply("old", hello);
  await talk.later(2 * SECOND);
  const pressed = await talk.press("Cancel all", await talk.says("1 waiting"));
  const cancel = await talk.reply("/cancel", hello);
  expect(cancel.said).toBe("Nothing waits.");
  const { name } = await talk.reply("new", hello);
  expect((await talk.again(pressed.update)).said).toBe("1 cancelled");
  expect((await talk.again(cancel.update)).said).toBe("Nothing waits.");
  expect(await talk.stateOf(name)).toBe("offered");
});

test("what has left already is asked back, and the agent's word counts", async () => {
  const { talk, socket } = await awakeTalkOn("gone", "s-gone");
  const hello = await talk.hear("Ready.");
  const { name, messageId } = await talk.reply("one", hello);
  const command = await socket.next("command");
  const cancel = await talk.reply("/cancel", hello);
  expect(cancel.said).toBe("0 cancelled; 1 left already: gone says what becomes of it");
  expect((await socket.next("cancel")).id).toBe(command.id);
  expect(await talk.stateOf(name)).toBe("offered");
  await evictAll();
  await socket.carryOut(command, "cancelled");
  expect(await talk.stateOf(name)).toBe("cancelled");
  await talk.later(2 * SECOND);
  await talk.reacts("", messageId);
  expect(await talk.timesSent("Not typed")).toBe(0);
});

test("buttons of the router that are no longer known, or never were, say so and do nothing", async () => {
  const talk = await talkOn("odd", "s-odd");
  const hello = await talk.hear("Ready.");
  const { body } = await talk.machine.notify("s-odd", "again");
  const token = String(body["token"]);
  for (const [action, said] of [
    ["!cancel.m999999", "I do not remember this command any more."],
    ["!again.q12345", "I do not remember this command any more."],
    ["!cancel.nonsense", "I do not remember this command any more."],
    ["!format", "I do not know this button."],
    ["!again", "I do not know this button."],
    ["!", "I do not know this button."],
    ["!queue", "Nothing waits."],
    ["!cancel", "Nothing waits."],
  ] as const) {
    expect((await talk.pressData(`cmd:${token}:${action}`, hello)).said).toBe(said);
  }
  expect(await talk.rows("SELECT * FROM command")).toEqual([]);
});
