import { expect, test } from "vitest";
import { DAY, HOUR, SECOND } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { deliver, evictAll } from "./support/router.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";
import { messagesIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

test("an update that comes again, also at the same time, is one command", async () => {
  const { talk, socket } = await awakeTalkOn("dup", "s-dup");
  const { update } = await talk.reply("once", await talk.hear("Ready."));
  const answers = await Promise.all([1, 2, 3].map(() => deliver(update)));
  expect(answers).toEqual([1, 2, 3].map(() => ({ status: 200, said: null })));
  await talk.again(update);
  await socket.carryOut(await socket.next("command"));
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
  await talk.told();
});

test("an update that comes again after its outcome is not typed again, and says nothing new", async () => {
  const { talk, socket } = await awakeTalkOn("fin", "s-fin");
  const hello = await talk.hear("Ready.");
  const done = await talk.reply("works", hello);
  await socket.carryOut(await socket.next("command"), "typed");
  const failed = await talk.reply("does not", hello);
  await socket.carryOut(await socket.next("command"), "failed", "the terminal is gone");
  await talk.says("Not typed: the terminal is gone.");
  await talk.reacts("👎", failed.messageId);
  await talk.reacts("👌", done.messageId);
  await talk.told();
  const before = await messagesIn(talk.chatId);
  for (const { update } of [done, failed])
    expect(await talk.again(update)).toMatchObject({ status: 200, said: undefined });
  await talk.later(10 * SECOND);
  await socket.settled();
  expect(socket.commands()).toHaveLength(2);
  expect(await messagesIn(talk.chatId)).toEqual(before);
});

test("a press that comes again is answered with how it stands by now", async () => {
  const { talk, socket } = await awakeTalkOn("toast", "s-toast");
  const done = await talk.hear("Done.", {
    replyMarkup: { inline_keyboard: [[{ text: "Continue", callback_data: "cmd:TOKEN:continue" }]] },
  });
  const { update, said } = await talk.press("Continue", done);
  expect(said).toBe("sent to toast");
  await socket.carryOut(await socket.next("command"), "accepted");
  expect((await talk.again(update)).said).toBe("typed on toast");
});

test("an update that is replayed a day later, when its session is over for long, is still answered from memory", async () => {
  const { talk, socket } = await awakeTalkOn("memory", "s-memory");
  const { update } = await talk.reply("once", await talk.hear("Ready."));
  await socket.carryOut(await socket.next("command"), "typed");
  await talk.machine.unregister("s-memory");
  await query(await sessionObject("s-memory"), "UPDATE registration SET ended_at = ?", Date.now() - 8 * DAY);
  await query(await sessionObject("s-memory"), "DELETE FROM token");
  await talk.later(24 * HOUR);
  expect(await talk.again(update)).toMatchObject({ status: 200, said: undefined });
  const tomorrow = await talk.machine.connect();
  await tomorrow.settled();
  expect([...socket.commands(), ...tomorrow.commands()]).toHaveLength(1);
});

test("after its session moved, an update that comes again still means the machine that was written into the command", async () => {
  const talk = await talkOn("from-here", "s-moves", { claim: 60_000 });
  const { update, name } = await talk.reply("for the old one", await talk.hear("Ready."));
  const there = await pairMachine("to-there");
  const socket = await there.connect({ sessions: ["s-moves"] });
  expect((await there.register("s-moves", { claim: 1_000 })).status).toBe(200);
  expect((await talk.again(update)).status).toBe(200);
  await ring(machineObject("from-here"));
  await until("the old machine gave it up", async () => (await talk.stateOf(name)) === "cancelled");
  expect((await talk.again(update)).status).toBe(200);
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("an offer that never arrived is repeated towards the machine written in it, though its session moved meanwhile", async () => {
  const talk = await talkOn("deaf", "s-deaf", { claim: 60_000 });
  const hello = await talk.hear("Ready.");
  await query(machineObject("deaf"), "ALTER TABLE queue RENAME TO hidden");
  const { update, name } = await talk.reply("hello?", hello);
  const there = await pairMachine("hearing");
  const away = await there.connect({ sessions: ["s-deaf"] });
  await there.register("s-deaf", { claim: 1_000 });
  await evictAll();
  await query(machineObject("deaf"), "ALTER TABLE hidden RENAME TO queue");
  await talk.again(update);
  // The machine has not heard of the move yet: what could not be said then is said again.
  await talk.later(10 * SECOND);
  await ring(machineObject("deaf"));
  await until("it is given up there", async () => (await talk.stateOf(name)) === "cancelled");
  await talk.says("Not typed: the session moved to hearing.");
  await away.settled();
  expect(away.commands()).toEqual([]);
});
