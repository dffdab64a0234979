import { expect, test } from "vitest";
import { SECOND } from "./support/clock.ts";
import { alarmOf, machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { deliver, evictAll } from "./support/router.ts";
import { holdBack } from "./support/slow-network.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";
import { write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

test("an offer that arrives after the result is no second command", async () => {
  const { talk, socket } = await awakeTalkOn("slow", "s-slow");
  const { update, name } = await talk.reply("once", await talk.hear("Ready."));
  const command = await socket.next("command");
  await evictAll();
  const offer = holdBack("offer");
  const again = deliver(update);
  await offer.underWay;
  socket.send({ type: "journaled", id: command.id });
  socket.send({ type: "commandResult", id: command.id, sessionId: "s-slow", outcome: "typed" });
  await until("the result arrived", async () => (await talk.stateOf(name)) === "typed");
  offer.release();
  await again;
  await until("the result is stored", () => socket.frames().some(({ type }) => type === "resultStored"));
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
  expect(await query(machineObject("slow"), "SELECT id FROM queue")).toEqual([]);
});

test("a cancel does not overtake the offer that it is about", async () => {
  const { talk, socket } = await awakeTalkOn("overtaken", "s-overtaken");
  const hello = await talk.hear("Ready.");
  const asked = { chatId: talk.chatId, userId: talk.chatId, replyTo: hello.message_id };
  const text = await write({ ...asked, text: "rm -rf /" });
  const cancel = await write({ ...asked, text: "/cancel" });
  const offer = holdBack("offer");
  const accepted = deliver(text);
  await offer.underWay;
  const cancelled = deliver(cancel);
  await until("both were taken", async () => (await talk.rows("SELECT cancel_asked FROM command")).length === 1);
  offer.release();
  await accepted;
  expect((await cancelled).said?.["text"]).toContain("1 left already");
  const command = await socket.next("command");
  expect((await socket.next("cancel")).id).toBe(command.id);
});

test("an outcome that could not be told is no outcome yet: it is reported again, and told", async () => {
  const { talk, socket } = await awakeTalkOn("rolled", "s-rolled");
  const { name, messageId } = await talk.reply("fails", await talk.hear("Ready."));
  const command = await socket.next("command");
  await query(await sessionObject("s-rolled"), "ALTER TABLE outbox RENAME TO hidden");
  await socket.carryOut(command, "failed", "the terminal is gone");
  expect(await talk.stateOf(name)).toBe("offered");
  await query(await sessionObject("s-rolled"), "ALTER TABLE hidden RENAME TO outbox");
  await talk.later(10 * SECOND);
  await ring(machineObject("rolled"));
  expect(await talk.stateOf(name)).toBe("failed");
  await talk.says("Not typed: the terminal is gone.");
  await talk.reacts("👎", messageId);
});

test("something in the outbox that cannot be read does not make the alarm ring without end, and stops nothing else", async () => {
  const { talk, socket } = await awakeTalkOn("poisoned", "s-poisoned");
  const hello = await talk.hear("Ready.");
  const session = await sessionObject("s-poisoned");
  await query(session, "INSERT INTO outbox (chat_id, job, due_at) VALUES (?, '{}', 0)", talk.chatId);
  const before = Date.now();
  await talk.later(SECOND);
  expect(await alarmOf(session)).toBeGreaterThan(before + 20 * SECOND);
  await talk.reply("still", hello);
  expect((await socket.next("command")).command).toBe("still");
});

test("a machine that cannot be reached is asked again within seconds", async () => {
  const talk = await talkOn("absent", "s-absent");
  const hello = await talk.hear("Ready.");
  await query(machineObject("absent"), "ALTER TABLE queue RENAME TO hidden");
  const { name } = await talk.reply("anyone?", hello);
  for (let n = 0; n < 3; n++) {
    await talk.later(2 * SECOND);
    expect(await alarmOf(await sessionObject("s-absent"))).toBeLessThan(Date.now() + 5 * SECOND);
  }
  expect(await talk.stateOf(name)).toBe("offered");
  await query(machineObject("absent"), "ALTER TABLE hidden RENAME TO queue");
  await talk.later(2 * SECOND);
  const socket = await talk.machine.connect({ sessions: ["s-absent"] });
  expect((await socket.next("command")).command).toBe("anyone?");
});
