import { expect, test } from "vitest";
import { DAY, HOUR, putForward } from "./support/clock.ts";
import { asAgent, deliver, evictAll } from "./support/router.ts";
import { alarmOf, machineObject, query, ring, sessionObject, tablesOf } from "./support/objects.ts";
import { awakeTalkOn, say, type Talk, talkOn } from "./support/talk.ts";
import { write } from "./support/telegram.ts";
import { newToken, sessionRef } from "../../src/address/reply-token.ts";
import { pairMachine } from "./support/machine.ts";

async function isEmpty(talk: Talk): Promise<boolean> {
  return (await tablesOf(await sessionObject(talk.sessionId))).length === 0;
}

test("when all is over the alarm deletes everything, and nothing before", async () => {
  const { talk, socket } = await awakeTalkOn("mortal", "s-mortal");
  const card = await talk.hear("May I?", { id: "n1", question: { nonce: "q1", remainingMs: HOUR } });
  await talk.reply("yes", card);
  await socket.carryOut(await socket.next("command"), "accepted");
  await talk.reply("/cancel", card);
  await talk.later(DAY);
  expect(await isEmpty(talk)).toBe(false);
  expect(await alarmOf(await sessionObject("s-mortal"))).not.toBeNull();
  await talk.machine.unregister("s-mortal");
  await talk.later(6 * DAY);
  expect(await isEmpty(talk)).toBe(false);
  await talk.later(DAY);
  expect(await isEmpty(talk)).toBe(true);
  expect(await alarmOf(await sessionObject("s-mortal"))).toBeNull();
});

test("a session that is alive is kept, however quiet it is", async () => {
  const talk = await talkOn("quiet", "s-quiet");
  await talk.hear("Ready.");
  await talk.later(20 * DAY);
  expect(await isEmpty(talk)).toBe(false);
  expect((await talk.machine.notify("s-quiet", "Still here.")).status).toBe(200);
});

test("a command without an outcome keeps its session until that is told", async () => {
  const { talk, socket } = await awakeTalkOn("keeper", "s-keeper");
  await talk.reply("in flight", await talk.hear("Ready."));
  await socket.next("command");
  await talk.machine.unregister("s-keeper");
  await query(machineObject("keeper"), "ALTER TABLE queue RENAME TO hidden");
  await talk.later(8 * DAY);
  expect(await isEmpty(talk)).toBe(false);
  await query(machineObject("keeper"), "ALTER TABLE hidden RENAME TO queue");
  await ring(machineObject("keeper"));
  await talk.later(DAY);
  await talk.says("Nobody knows whether this was typed");
  expect(await isEmpty(talk)).toBe(true);
});

test("a session that was deleted and comes back in the same instance works as a new one", async () => {
  const talk = await talkOn("reborn", "s-reborn");
  const hello = await talk.hear("Ready.");
  await talk.machine.unregister("s-reborn");
  putForward(8 * DAY);
  // No eviction from here on, and asked once more: what it knows is in memory when everything is deleted.
  expect((await say("too late", talk.chatId, hello.message_id)).said).toContain("I do not know this session any more");
  await ring(await sessionObject("s-reborn"));
  expect(await isEmpty(talk)).toBe(true);
  await talk.machine.register("s-reborn");
  const socket = await talk.machine.connect({ sessions: ["s-reborn"] });
  const { status, body } = await talk.machine.notify("s-reborn", "Here again.");
  expect(status).toBe(200);
  expect(await alarmOf(await sessionObject("s-reborn"))).not.toBeNull();
  const old = await write({ chatId: talk.chatId, userId: talk.chatId, text: "old", replyTo: hello.message_id });
  expect((await deliver(old)).said?.["text"]).toContain("I do not know this session any more");
  for (const text of ["new", "newer"]) {
    await say(`/cmd ${String(body["token"])} ${text}`);
    expect((await socket.next("command")).command).toBe(text);
    // What it wrote is there for its next instance, too.
    await evictAll();
  }
});

test("asking about a session or a machine that nobody knows writes nothing", async () => {
  const machine = await pairMachine("asker");
  const token = newToken(await sessionRef("s-unknown"));
  await say(`/cmd ${token} ls`);
  await say(`/start ${token}`);
  const body = { sessionId: "s-unknown" };
  for (const [method, path, sent] of [
    ["GET", "/sessions/s-unknown", undefined],
    ["POST", "/sessions/unregister", body],
    ["POST", "/notifications/send", { ...body, text: "hi" }],
    ["POST", "/questions/close", { ...body, nonce: "q", by: "me" }],
  ] as const)
    await asAgent(machine.key, method, path, sent);
  const session = await sessionObject("s-unknown");
  const by = { machineId: "asker", ownerId: machine.owner };
  await session.results(by, [{ name: "m1.1", outcome: "typed", error: null }]);
  await session.progress(by, "m1.1", "held", null);
  await session.endedByMachine(by, "over");
  await session.succeededBy(by, "s-next");
  expect(await session.whereabouts()).toBeNull();
  const nobody = machineObject("nobody");
  expect(await nobody.asleep()).toEqual({ since: null });
  expect(await nobody.offer(1001, [])).toEqual([]);
  await nobody.strike(1001, "s-unknown", { how: "ended", why: "over" });
  await nobody.rename(1001, "s-unknown", "s-next");
  expect(await nobody.index(1001, "s-unknown", null)).toBe(false);
  expect(await nobody.cancel(1001, ["x"])).toEqual([{ id: "x", status: "not-here" }]);
  expect(await nobody.edit(1001, "x", "y")).toBe(false);
  await say("/unpair nobody");
  await evictAll();
  for (const object of [session, nobody]) {
    expect(await tablesOf(object)).toEqual([]);
    expect(await alarmOf(object)).toBeNull();
  }
});
