import { expect, test } from "vitest";
import { MINUTE, SECOND } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, tablesOf, sessionObject } from "./support/objects.ts";
import { deliver, evictAll } from "./support/router.ts";
import { awakeTalkOn, Talk, talkOn } from "./support/talk.ts";
import { write } from "./support/telegram.ts";

test("the queue of a session goes on under its new name, in order, and outcomes reach the messages that asked", async () => {
  const talk = await talkOn("desk", "s-one");
  const hello = await talk.hear("Ready.");
  const first = await talk.reply("one", hello);
  await talk.reply("two", hello);
  await evictAll();
  expect((await talk.machine.register("s-two", { replaces: "s-one" })).status).toBe(200);
  const next = new Talk(talk.machine, "s-two");
  await next.reply("three", await next.hear("Cleared."));
  expect((await talk.machine.inspect()).body["sessions"]).toEqual([{ sessionId: "s-two", label: "s-two", queued: 3 }]);

  const socket = await talk.machine.connect({ sessions: ["s-two"] });
  for (const text of ["one", "two", "three"]) {
    const command = await socket.next("command");
    expect(command).toMatchObject({ sessionId: "s-two", command: text });
    await socket.carryOut(command, "typed");
  }
  await talk.reacts("👌", first.messageId);
  expect(await talk.stateOf(first.name)).toBe("typed");
});

test("old messages and old buttons find the session along up to eight new names, and no further", async () => {
  const { talk, socket } = await awakeTalkOn("chain", "s-0");
  const hello = await talk.hear("Ready.");
  for (let n = 1; n <= 8; n++) {
    expect((await talk.machine.register(`s-${n}`, { replaces: `s-${n - 1}` })).status).toBe(200);
  }
  await talk.reply("still there?", hello);
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-8", command: "still there?" });
  await talk.machine.register("s-9", { replaces: "s-8" });
  await talk.reply("and now?", hello);
  await talk.says("Not typed: the session ended.");
});

test("the old name does not speak for the session any more", async () => {
  const talk = await talkOn("mouth", "s-old");
  await talk.machine.register("s-new", { replaces: "s-old" });
  expect((await talk.machine.notify("s-old", "Hi.")).status).toBe(404);
  expect(await talk.machine.unregister("s-old")).toEqual({ status: 200, body: { ok: true } });
  expect((await talk.machine.notify("s-new", "Hi.")).status).toBe(200);
});

test("/clear: the end comes before the new start, and nothing ends within a minute", async () => {
  const talk = await talkOn("clear", "s-before");
  const hello = await talk.hear("Ready.");
  const { name } = await talk.reply("wait for it", hello);
  expect((await talk.machine.unregister("s-before", "clear")).status).toBe(200);
  await talk.later(30 * SECOND);
  expect(await talk.stateOf(name)).toBe("offered");
  await talk.machine.register("s-after", { replaces: "s-before" });
  await talk.later(2 * MINUTE);
  const socket = await talk.machine.connect({ sessions: ["s-after"] });
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-after", command: "wait for it" });
  await talk.reply("by the old message", hello);
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-after", command: "by the old message" });
});

test("a hello that no longer names a session that /clear ended does not cut the minute short", async () => {
  const talk = await talkOn("hello", "s-cleared");
  const { name } = await talk.reply("wait for it", await talk.hear("Ready."));
  await talk.later(2 * MINUTE);
  await talk.machine.unregister("s-cleared", "resume");
  await talk.machine.connect({ sessions: [] });
  await ring(machineObject("hello"));
  expect(await talk.stateOf(name)).not.toBe("failed");
  expect((await talk.machine.register("s-resumed", { replaces: "s-cleared" })).status).toBe(200);
  const socket = await talk.machine.connect({ sessions: ["s-resumed"] });
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-resumed", command: "wait for it" });
});

test("without a successor the session ends after the minute, and its queue is told", async () => {
  const talk = await talkOn("alone", "s-alone");
  const { name } = await talk.reply("anyone?", await talk.hear("Ready."));
  await talk.machine.unregister("s-alone", "clear");
  await talk.later(61 * SECOND);
  await ring(machineObject("alone"));
  expect(await talk.stateOf(name)).toBe("failed");
  await talk.says("Not typed: the session ended.");
});

test("a session comes back under its old name: registering clears its successor", async () => {
  const { talk, socket } = await awakeTalkOn("resume", "s-a");
  const hello = await talk.hear("I am A.");
  await talk.machine.register("s-b", { replaces: "s-a" });
  const other = new Talk(talk.machine, "s-b");
  const second = await other.hear("I am B.");
  await talk.machine.register("s-a", { replaces: "s-b" });
  await talk.reply("to A", hello);
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-a", command: "to A" });
  await other.reply("to B", second);
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-a", command: "to B" });
});

test("replaces takes nothing that this machine does not hold", async () => {
  const talk = await talkOn("victim", "s-victim");
  const hello = await talk.hear("Ready.");
  const same = await pairMachine("same-owner");
  const foreign = await pairMachine("other-owner", 1002);
  for (const thief of [same, foreign]) {
    await evictAll();
    expect(await thief.register("s-thief", { replaces: "s-victim" })).toEqual({
      status: 403,
      body: { error: "replaces names a session that this machine does not hold" },
    });
  }
  expect(await tablesOf(await sessionObject("s-thief"))).toEqual([]);
  const socket = await talk.machine.connect({ sessions: ["s-victim"] });
  await talk.reply("mine", hello);
  expect((await socket.next("command")).sessionId).toBe("s-victim");
});

test("replacing a session that nobody knows, or itself, is an ordinary registration", async () => {
  const machine = await pairMachine("fresh");
  expect((await machine.register("s-fresh", { replaces: "s-nobody" })).status).toBe(200);
  expect((await machine.register("s-fresh", { replaces: "s-fresh" })).status).toBe(200);
  expect(await tablesOf(await sessionObject("s-nobody"))).toEqual([]);
  expect((await machine.notify("s-fresh", "Hi.")).status).toBe(200);
});

test("a name that was given up and is somebody else's by now leads nowhere", async () => {
  const talk = await talkOn("giver", "s-given");
  const hello = await talk.hear("Ready.");
  await talk.machine.register("s-taken", { replaces: "s-given" });
  const object = await sessionObject("s-taken");
  await query(object, "UPDATE registration SET owner_id = 1002, machine_id = 'taker'");
  const taker = await pairMachine("taker", 1002);
  const socket = await taker.connect({ sessions: ["s-taken"] });
  await evictAll();
  const update = await write({ chatId: talk.chatId, userId: talk.chatId, text: "secret", replyTo: hello.message_id });
  await deliver(update);
  await talk.says("Not typed: the session ended.");
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("an offer that raced with a new name is made under the new name", async () => {
  const talk = await talkOn("racer", "s-slow");
  const hello = await talk.hear("Ready.");
  await query(machineObject("racer"), "ALTER TABLE queue RENAME TO hidden");
  const { name } = await talk.reply("which name?", hello);
  await query(machineObject("racer"), "ALTER TABLE hidden RENAME TO queue");
  await talk.machine.register("s-quick", { replaces: "s-slow" });
  await talk.later(10 * SECOND);
  expect(await talk.stateOf(name)).toBe("offered");
  const socket = await talk.machine.connect({ sessions: ["s-quick"] });
  expect(await socket.next("command")).toMatchObject({ sessionId: "s-quick", command: "which name?" });
});
