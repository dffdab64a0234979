import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { DAY, putForward, SECOND } from "./support/clock.ts";
import { chatWith, give, offer, stateOf } from "./support/commands.ts";
import { askForCode, messageWith, newSecret, OWNER, pairMachine, redeem } from "./support/machine.ts";
import { isQuiet, machineObject, query, ring, sessionObject, tablesOf } from "./support/objects.ts";
import { deliverCold, evictAll } from "./support/router.ts";
import { write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

async function unpair(machineId: string, userId = OWNER): Promise<unknown> {
  const update = await write({ chatId: userId, userId, text: `/unpair ${machineId}` });
  const { status, said } = await deliverCold(update);
  expect(status).toBe(200);
  return said?.["text"];
}

test("pairing again rotates the key: the old one's socket is closed with 4003 and its calls are refused", async () => {
  const before = await pairMachine("rotating");
  await before.register("s-rotating");
  const socket = await before.connect({ sessions: ["s-rotating"] });
  await give(before, await offer("s-rotating", 1));
  await socket.hasTexts(1);
  await evictAll();
  const after = await pairMachine("rotating");
  expect(await socket.isClosed()).toMatchObject({ code: 4003 });
  await evictAll();
  expect((await before.inspect()).status).toBe(401);
  expect((await before.register("s-other")).status).toBe(401);
  await expect(before.open()).rejects.toThrow("no socket: 401");
  expect((await after.inspect()).status).toBe(200);
  const again = await after.connect({ sessions: ["s-rotating"] });
  expect(await again.hasTexts(1)).toEqual(["s-rotating 1"]);
});

test("asking for a new code changes nothing until the code is used", async () => {
  const devbox = await pairMachine("undecided");
  const socket = await devbox.connect();
  await askForCode("undecided");
  await evictAll();
  expect((await devbox.inspect()).status).toBe(200);
  await socket.settled();
});

test("/unpair closes the socket with 4003, ends what waits, tells everyone, and ends the sessions", async () => {
  const devbox = await pairMachine("retired");
  await devbox.register("s-retired");
  const socket = await devbox.connect({ sessions: ["s-retired"] });
  const type = await chatWith(devbox, "s-retired");
  const sent = await type("was sent");
  await socket.next("command");
  const waiting = [];
  for (let n = 0; n < 16; n++) waiting.push(await type(`waits ${n}`));
  await socket.hasTexts(16);
  await evictAll();

  expect(await unpair("retired")).toContain("retired is unpaired");
  expect(await socket.isClosed()).toMatchObject({ code: 4003 });
  expect((await devbox.inspect()).status).toBe(401);
  await until("all are told", async () => {
    const [session] = await query(await sessionObject("s-retired"), "SELECT ended_at FROM registration");
    return session?.["ended_at"] !== null && (await stateOf("s-retired", sent.name)).state !== "offered";
  });
  expect(await stateOf("s-retired", sent.name)).toEqual({
    state: "unknown",
    error: "retired was unpaired before it said what became of this",
  });
  expect(await stateOf("s-retired", waiting.at(-1)?.name ?? "")).toEqual({
    state: "failed",
    error: "retired was unpaired",
  });
  await messageWith("Not typed: retired was unpaired.");
  await messageWith("Nobody knows whether this was typed: retired was unpaired");
  const late = await type("anyone there?");
  expect(await stateOf("s-retired", late.name)).toMatchObject({ state: "failed" });
});

test("/unpair of a machine that is not one's own, or not there, changes nothing", async () => {
  const devbox = await pairMachine("guarded");
  expect(await unpair("guarded", 1002)).toBe("You have no machine named guarded.");
  expect(await unpair("imagined")).toBe("You have no machine named imagined.");
  expect(await tablesOf(machineObject("imagined"))).toEqual([]);
  await evictAll();
  expect((await devbox.inspect()).status).toBe(200);
});

test("/unpair that comes again is answered the same", async () => {
  await pairMachine("twice");
  const first = await unpair("twice");
  expect(first).toContain("twice is unpaired");
  await evictAll();
  expect(await unpair("twice")).toBe(first);
  expect(await unpair("twice", 1002)).toBe("You have no machine named twice.");
});

test("after /unpair the code that paired it is no good any more, although the same request was answered before", async () => {
  const { code } = await askForCode("once-more");
  const { keyHash } = await newSecret();
  expect((await redeem("once-more", code, keyHash)).status).toBe(200);
  await unpair("once-more");
  await evictAll();
  expect((await redeem("once-more", code, keyHash)).status).toBe(403);
});

test("an unpaired name is free: its next owner sees nothing of the former one", async () => {
  const before = await pairMachine("inherited");
  await before.register("s-former");
  const type = await chatWith(before, "s-former");
  const socket = await before.connect({ sessions: ["s-former"], agentVersion: "former" });
  const asked = await type("mine");
  const command = await socket.next("command");
  const session = await sessionObject("s-former");
  // The former owner's session cannot be told: what is left of it must not show.
  await evictAll();
  await query(session, "ALTER TABLE registration RENAME TO registration_away");
  await query(session, "ALTER TABLE command RENAME TO command_away");
  await evictAll();
  await unpair("inherited");
  await ring(machineObject("inherited"));

  const after = await pairMachine("inherited", 1002);
  expect((await after.inspect()).body).toEqual({
    machineId: "inherited",
    online: false,
    lastSeenAt: null,
    agentVersion: null,
    queued: 0,
    sessions: [],
  });
  const theirs = await after.connect();
  await theirs.settled();
  expect(theirs.commands()).toEqual([]);
  await query(session, "ALTER TABLE registration_away RENAME TO registration");
  await query(session, "ALTER TABLE command_away RENAME TO command");
  await evictAll();
  // Nor may the next owner's agent say what became of the former owner's command.
  theirs.send({ type: "refused", id: command.id, reason: "I do not know it" });
  theirs.send({ type: "commandResult", id: command.id, sessionId: "s-former", outcome: "superb" });
  await theirs.carryOut(command, "typed");
  await until("the former owner is told", async () => {
    putForward(60 * SECOND);
    await ring(machineObject("inherited"));
    return (await stateOf("s-former", asked.name)).state === "unknown";
  });
  await until("the former session ends", async () => {
    putForward(60 * SECOND);
    await ring(machineObject("inherited"));
    return (await query(machineObject("inherited"), "SELECT * FROM session")).length === 0;
  });
});

test("once it is unpaired and everything is told, a machine's object is empty", async () => {
  const devbox = await pairMachine("erased");
  await devbox.register("s-erased");
  const type = await chatWith(devbox, "s-erased");
  await type("wait");
  await unpair("erased");
  await isQuiet(machineObject("erased"));
  expect(await tablesOf(machineObject("erased"))).not.toEqual([]);
  putForward(2 * DAY);
  await evictAll();
  await until("all is forgotten", async () => {
    await ring(machineObject("erased"));
    return (await tablesOf(machineObject("erased"))).length === 0;
  });
  // It can be asked, and paired again, as if it had never been there: by the same instance, too.
  expect((await devbox.inspect()).status).toBe(401);
  expect(await unpair("erased")).toBe("You have no machine named erased.");
  expect((await (await pairMachine("erased")).inspect()).status).toBe(200);
});

test("a code that nobody used leaves nothing behind in the end", async () => {
  await askForCode("forgotten");
  putForward(2 * DAY);
  await evictAll();
  await ring(machineObject("forgotten"));
  await ring(machineObject("forgotten"));
  expect(await tablesOf(machineObject("forgotten"))).toEqual([]);
});

test("what is said with a revoked key changes nothing", async () => {
  const before = await pairMachine("stolen");
  await before.register("s-stolen");
  const socket = await before.connect({ sessions: ["s-stolen"] });
  const type = await chatWith(before, "s-stolen");
  const asked = await type("for the new key only");
  const command = await socket.next("command");
  const object = machineObject("stolen");
  const [atRouter] = await runInDurableObject(object, (_, state) => state.getWebSockets());
  await pairMachine("stolen");
  expect(await socket.isClosed()).toMatchObject({ code: 4003 });
  // It was on its way when the key was revoked: the router reads it after that.
  const late = { type: "commandResult", id: command.id, sessionId: "s-stolen", outcome: "typed" };
  await runInDurableObject(object, async (machine) => {
    if (atRouter === undefined) throw new Error("there was a socket");
    await machine.webSocketMessage(atRouter, JSON.stringify(late));
  });
  expect(await stateOf("s-stolen", asked.name)).toMatchObject({ state: "offered" });
});
