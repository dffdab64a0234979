import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, putForward, SECOND } from "./support/clock.ts";
import { chatWith, stateOf } from "./support/commands.ts";
import { type Machine, pairMachine } from "./support/machine.ts";
import { alarmOf, isQuiet, machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { asAgent, evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

async function sessionsOf(machine: Machine): Promise<unknown> {
  const { body } = await asAgent(machine.key, "GET", "/sessions");
  const { sessions } = body;
  return Array.isArray(sessions) ? sessions.map((session: { sessionId: string }) => session.sessionId) : sessions;
}

async function hasEnded(sessionId: string): Promise<boolean> {
  const [row] = await query(await sessionObject(sessionId), "SELECT ended_at FROM registration");
  return row?.["ended_at"] !== null;
}

test("a hello that does not name a session ends it, unless it was registered within the last minute", async () => {
  const devbox = await pairMachine("restarted");
  await devbox.register("s-old");
  await devbox.register("s-kept");
  const type = await chatWith(devbox, "s-old");
  const asked = await type("anyone?");
  putForward(MINUTE + SECOND);
  await devbox.register("s-new");
  await evictAll();
  await devbox.connect({ sessions: ["s-kept"] });
  await until("the old session ended", async () => {
    await ring(machineObject("restarted"));
    return hasEnded("s-old");
  });
  expect(await hasEnded("s-kept")).toBe(false);
  expect(await hasEnded("s-new")).toBe(false);
  expect(await sessionsOf(devbox)).toEqual(["s-kept", "s-new"]);
  await until("its queue ended", async () => (await stateOf("s-old", asked.name)).state !== "offered");
});

test("a session whose machine was away for thirty days ends, also one whose machine never came", async () => {
  const devbox = await pairMachine("vacant");
  // By then nothing else waits in it.
  putForward(2 * DAY);
  await ring(machineObject("vacant"));
  expect(await alarmOf(machineObject("vacant"))).toBeNull();
  await devbox.register("s-vacant");
  const due = await alarmOf(machineObject("vacant"));
  expect(due).toBeLessThanOrEqual(Date.now() + 30 * DAY);
  putForward(30 * DAY - HOUR);
  await evictAll();
  await ring(machineObject("vacant"));
  expect(await hasEnded("s-vacant")).toBe(false);
  expect(await alarmOf(machineObject("vacant"))).toBeLessThanOrEqual(Date.now() + HOUR);
  putForward(HOUR + SECOND);
  await evictAll();
  await ring(machineObject("vacant"));
  expect(await hasEnded("s-vacant")).toBe(true);
  expect(await sessionsOf(devbox)).toEqual([]);
});

test("thirty days count from when the machine was last seen", async () => {
  const devbox = await pairMachine("visited");
  await devbox.register("s-visited");
  putForward(20 * DAY);
  const socket = await devbox.connect({ sessions: ["s-visited"] });
  socket.close(1000);
  await until("it is offline", async () => (await devbox.inspect()).body["online"] === false);
  putForward(29 * DAY);
  await evictAll();
  await ring(machineObject("visited"));
  expect(await hasEnded("s-visited")).toBe(false);
  putForward(DAY + SECOND);
  await ring(machineObject("visited"));
  expect(await hasEnded("s-visited")).toBe(true);
});

test("a session that cannot be told of its end keeps no other from being told, and is told later", async () => {
  const devbox = await pairMachine("insistent");
  await devbox.register("s-a-broken");
  await devbox.register("s-b-whole");
  putForward(2 * MINUTE);
  const broken = await sessionObject("s-a-broken");
  await evictAll();
  await query(broken, "ALTER TABLE registration RENAME TO registration_away");
  await evictAll();
  await devbox.connect({ sessions: [] });
  await until("the whole one ended", async () => {
    await ring(machineObject("insistent"));
    return hasEnded("s-b-whole");
  });
  await query(broken, "ALTER TABLE registration_away RENAME TO registration");
  await evictAll();
  await until("the other one ended", async () => {
    putForward(MINUTE);
    await ring(machineObject("insistent"));
    return hasEnded("s-a-broken");
  });
});

test("a session that registers again before its end was passed on stays", async () => {
  const devbox = await pairMachine("wavering");
  await devbox.register("s-wavering");
  putForward(2 * MINUTE);
  const session = await sessionObject("s-wavering");
  await evictAll();
  await query(session, "ALTER TABLE registration RENAME TO registration_away");
  await evictAll();
  await devbox.connect({ sessions: [] });
  await ring(machineObject("wavering"));
  await query(session, "ALTER TABLE registration_away RENAME TO registration");
  await evictAll();
  expect((await devbox.register("s-wavering")).status).toBe(200);
  putForward(MINUTE);
  await ring(machineObject("wavering"));
  expect(await hasEnded("s-wavering")).toBe(false);
  expect(await sessionsOf(devbox)).toEqual(["s-wavering"]);
});

test("a session that comes back here while its end here is being passed on stays in the index", async () => {
  const devbox = await pairMachine("crossing");
  await devbox.register("s-crossing");
  putForward(2 * MINUTE);
  const [machine, session] = [machineObject("crossing"), await sessionObject("s-crossing")];
  await query(machine, "UPDATE session SET ending = 'the session ended'");
  // The session is elsewhere, so an end here is no news to it; and its object takes its time to say so.
  await query(session, "UPDATE registration SET machine_id = 'macbook'");
  await evictAll();
  await runInDurableObject(session, (_, state) => {
    void state.blockConcurrencyWhile(() => scheduler.wait(300));
  });
  const passedOn = ring(machine);
  expect(await machine.index(devbox.owner, "s-crossing", null)).toBe(true);
  await passedOn;
  expect(await query(machine, "SELECT session_id, ending FROM session")).toEqual([
    { session_id: "s-crossing", ending: null },
  ]);
});

test("one chore of the alarm that fails keeps no other from being done, and is done later", async () => {
  const devbox = await pairMachine("resilient");
  await devbox.register("s-resilient");
  const type = await chatWith(devbox, "s-resilient");
  const asked = await type("hurry");
  await isQuiet(machineObject("resilient"));
  putForward(24 * HOUR + SECOND);
  await evictAll();
  await query(machineObject("resilient"), "ALTER TABLE session RENAME TO session_away");
  await evictAll();
  await ring(machineObject("resilient"));
  expect(await stateOf("s-resilient", asked.name)).toMatchObject({ state: "expired" });
  expect(await alarmOf(machineObject("resilient"))).toBeLessThanOrEqual(Date.now() + MINUTE);
  await query(machineObject("resilient"), "ALTER TABLE session_away RENAME TO session");
  await evictAll();
  expect(await ring(machineObject("resilient"))).toBe(true);
  expect(await sessionsOf(devbox)).toEqual(["s-resilient"]);
});

test("asking a machine that nobody ever paired stores nothing", async () => {
  const unknown = machineObject("nobodys");
  const none = [{ id: "AAAAAAAAAAAAAAAA.m1.1", status: "not-here" }];
  expect(await unknown.authenticate("hash")).toBeNull();
  expect(await unknown.describe()).toBeNull();
  expect(await unknown.asleep()).toEqual({ since: null });
  expect(await unknown.index(1001, "s", null)).toBe(false);
  expect(
    await unknown.offer(1001, [
      { id: "AAAAAAAAAAAAAAAA.m1.1", kind: "text", sessionId: "s", command: "x", expiresAt: Date.now() + HOUR },
    ]),
  ).toEqual(none);
  expect(await unknown.cancel(1001, ["AAAAAAAAAAAAAAAA.m1.1"])).toEqual(none);
  expect(await unknown.edit(1001, "AAAAAAAAAAAAAAAA.m1.1", "y")).toBe(false);
  expect(await unknown.unpair(1001)).toBe("not-yours");
  await unknown.strike(1001, "s", { how: "ended", why: "test" });
  await unknown.rename(1001, "s", "t");
  expect((await unknown.pair("nobodys", "0000-0000", "hash")).status).toBe("refused");
  expect(await query(unknown, "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")).toEqual([]);
  expect(await alarmOf(unknown)).toBeNull();
});
