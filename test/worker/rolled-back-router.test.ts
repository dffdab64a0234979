import { expect, test } from "vitest";
import { sessionRef } from "../../src/address/reply-token.ts";
import { HOUR, putForward, SECOND } from "./support/clock.ts";
import { give, offer, offersFrom } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { type Talk, talkOn } from "./support/talk.ts";

/** What a command of theirs looks like once a newer router, which knew more kinds, was rolled back. */
const NEWER = "picture";
const OLDER_ROUTER = "the router is older than this command";

/** Makes a command one that a newer router stored: in its session, and in its machine's queue where it waits there. */
async function madeByNewer(talk: Talk, name: string, kind = NEWER): Promise<void> {
  await query(await sessionObject(talk.sessionId), "UPDATE command SET kind = ? WHERE name = ?", kind, name);
  await query(machineObject(talk.machine.name), "UPDATE queue SET kind = ? WHERE id LIKE ?", kind, `%.${name}`);
  await evictAll();
}

test("a command of a kind that this router does not know blocks no other: it ends as failed, and says what to do", async () => {
  const talk = await talkOn("behind", "s-behind");
  await talk.machine.register("s-other");
  const hello = await talk.hear("Ready.");
  const picture = await talk.reply("a picture", hello);
  await talk.reply("after it", hello);
  await give(talk.machine, await offer("s-other", 1));
  await madeByNewer(talk, picture.name);
  const socket = await talk.machine.connect({ sessions: ["s-behind", "s-other"] });
  expect(await socket.hasTexts(2)).toEqual(["after it", "s-other 1"]);
  await talk.says(`Not typed: ${OLDER_ROUTER}`);
  expect(await talk.stateOf(picture.name)).toBe("failed");
});

test("more unknown commands than the window takes do not hold up what follows them", async () => {
  const machine = await pairMachine("flooded");
  await machine.register("s-flooded");
  await give(machine, ...(await offersFrom("s-flooded", 1, 40)));
  await query(machineObject("flooded"), "UPDATE queue SET kind = ? WHERE seq <= 39", NEWER);
  await evictAll();
  const socket = await machine.connect({ sessions: ["s-flooded"] });
  expect(await socket.hasTexts(1)).toEqual(["s-flooded 40"]);
});

test("what was sent before the router was rolled back ends unknown, and the agent's later word still counts", async () => {
  const talk = await talkOn("sent", "s-sent");
  const hello = await talk.hear("Ready.");
  const first = await talk.machine.connect({ sessions: ["s-sent"] });
  const { name } = await talk.reply("a picture", hello);
  const command = await first.next("command");
  await madeByNewer(talk, name);
  const second = await talk.machine.connect({ sessions: ["s-sent"] });
  await second.settled();
  expect(second.commands()).toEqual([]);
  await talk.says(`Nobody knows whether this was typed: ${OLDER_ROUTER}`);
  await second.carryOut(command, "typed");
  expect(await talk.stateOf(name)).toBe("typed");
});

test("while its machine sleeps it is kept as it is, counted and listed, and goes out once the router is rolled forward", async () => {
  const talk = await talkOn("patient", "s-patient");
  const hello = await talk.hear("Ready.");
  const { name } = await talk.reply("a picture", hello);
  await madeByNewer(talk, name);
  await ring(machineObject("patient"));
  await ring(await sessionObject("s-patient"));
  expect((await talk.machine.inspect()).body["queued"]).toBe(1);
  expect((await talk.inspect()).body["commands"]).toEqual({ offered: 1 });
  await madeByNewer(talk, name, "text");
  const socket = await talk.machine.connect({ sessions: ["s-patient"] });
  expect((await socket.next("command")).command).toBe("a picture");
});

test("it expires in its time, can be cancelled, and /unpair ends it, as every other", async () => {
  // No alarm rings by itself, in the middle of one that is rung by hand.
  putForward(HOUR);
  const talk = await talkOn("mortal", "s-mortal");
  const hello = await talk.hear("Ready.");
  const [late, unwanted, left] = [
    await talk.reply("1", hello),
    await talk.reply("2", hello),
    await talk.reply("3", hello),
  ];
  for (const { name } of [late, unwanted, left]) await madeByNewer(talk, name);
  const machine = machineObject("mortal");
  const id = `${await sessionRef("s-mortal")}.${unwanted.name}`;
  expect(await machine.cancel(talk.machine.owner, [id])).toMatchObject([{ status: "cancelled" }]);
  await query(machine, "UPDATE queue SET expires_at = expires_at + ? WHERE id LIKE ?", HOUR, `%.${left.name}`);
  putForward(24 * HOUR + SECOND);
  await ring(machine);
  await machine.unpair(talk.machine.owner);
  await ring(machine);
  expect(await Promise.all([late, unwanted, left].map(({ name }) => talk.stateOf(name)))).toEqual([
    "expired",
    "cancelled",
    "failed",
  ]);
});

test("a machine's object that is still the older one in the middle of a deploy takes the rest of what is offered", async () => {
  const machine = await pairMachine("between");
  await machine.register("s-between");
  const offered = await give(
    machine,
    await offer("s-between", 1),
    await offer("s-between", 2, { kind: NEWER }),
    await offer("s-between", 3),
  );
  expect(offered.map(({ status }) => status)).toEqual(["taken", "final", "taken"]);
  expect(offered[1]).toMatchObject({ outcome: "failed" });
});

test("what an older router closed without moving it is neither offered again nor asked for, and is forgotten in its time", async () => {
  const talk = await talkOn("unmoved", "s-unmoved");
  const card = await talk.hear("May I?", { question: { nonce: "q1", remainingMs: HOUR } });
  const { name, update } = await talk.reply("yes", card);
  const session = await sessionObject("s-unmoved");
  await query(session, "UPDATE command SET is_open = 1, state = 'accepted', receipt = 'done', receipt_due = NULL");
  await query(session, "UPDATE question SET is_open = 1");
  await query(machineObject("unmoved"), "DELETE FROM queue");
  const socket = await talk.machine.connect({ sessions: ["s-unmoved"] });
  await talk.again(update);
  await talk.reply("and more", card);
  expect(await socket.hasTexts(1)).toEqual(["and more"]);
  expect((await talk.inspect()).body["questions"]).toBe(0);
  await talk.later(50 * HOUR);
  expect(await talk.rows("SELECT name FROM command WHERE name = ?", name)).toEqual([]);
});
