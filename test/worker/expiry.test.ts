import { expect, test } from "vitest";
import { HOUR, MINUTE, putForward, SECOND } from "./support/clock.ts";
import { chatWith, give, offer, stateOf, waitingOn } from "./support/commands.ts";
import { messageWith, pairMachine } from "./support/machine.ts";
import { alarmOf, machineObject, query, ring } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("a command that never left ends expired when its 24 hours are over, by the machine's alarm, and is told", async () => {
  const devbox = await pairMachine("gone");
  await devbox.register("s-gone");
  const type = await chatWith(devbox, "s-gone");
  const asked = await type("too late");
  const due = await alarmOf(machineObject("gone"));
  expect(due).toBeLessThanOrEqual(Date.now() + 24 * HOUR);
  putForward(24 * HOUR - MINUTE);
  await evictAll();
  await ring(machineObject("gone"));
  expect(await stateOf("s-gone", asked.name)).toMatchObject({ state: "offered" });
  putForward(MINUTE + SECOND);
  await evictAll();
  await ring(machineObject("gone"));
  expect(await stateOf("s-gone", asked.name)).toMatchObject({ state: "expired" });
  expect(await messageWith("Not typed, its time is over")).toMatchObject({
    reply_to_message: { message_id: asked.messageId },
  });
  expect(await waitingOn(devbox)).toEqual([]);
  const socket = await devbox.connect({ sessions: ["s-gone"] });
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("a command that was sent is the agent's until five minutes after it expired; then it ends unknown", async () => {
  const devbox = await pairMachine("mute");
  await devbox.register("s-mute");
  const socket = await devbox.connect({ sessions: ["s-mute"] });
  const type = await chatWith(devbox, "s-mute");
  const asked = await type("and then?");
  await socket.next("command");
  putForward(24 * HOUR + 4 * MINUTE);
  await evictAll();
  await ring(machineObject("mute"));
  expect(await stateOf("s-mute", asked.name)).toMatchObject({ state: "offered" });
  putForward(MINUTE + SECOND);
  await evictAll();
  await ring(machineObject("mute"));
  expect(await stateOf("s-mute", asked.name)).toMatchObject({
    state: "unknown",
    error: "the machine never said what became of it",
  });
  expect(await query(machineObject("mute"), "SELECT * FROM queue")).toEqual([]);
});

test("a later true result corrects unknown, once", async () => {
  const devbox = await pairMachine("slow");
  await devbox.register("s-slow");
  const first = await devbox.connect({ sessions: ["s-slow"] });
  const type = await chatWith(devbox, "s-slow");
  const asked = await type("slowly");
  const command = await first.next("command");
  putForward(24 * HOUR + 6 * MINUTE);
  await ring(machineObject("slow"));
  expect(await stateOf("s-slow", asked.name)).toMatchObject({ state: "unknown" });
  await evictAll();
  const second = await devbox.connect({ sessions: ["s-slow"] });
  await second.carryOut(command, "typed");
  expect(await stateOf("s-slow", asked.name)).toMatchObject({ state: "typed" });
  await evictAll();
  const third = await devbox.connect({ sessions: ["s-slow"] });
  await third.carryOut(command, "failed", "changed my mind");
  expect(await stateOf("s-slow", asked.name)).toMatchObject({ state: "typed", error: null });
});

test("each command expires in its own time, also behind a full window", async () => {
  const devbox = await pairMachine("queueing");
  await devbox.register("s-queueing");
  const socket = await devbox.connect({ sessions: ["s-queueing"] });
  for (let n = 1; n <= 16; n++) await give(devbox, await offer("s-queueing", n));
  await give(
    devbox,
    await offer("s-queueing", 17, { expiresAt: Date.now() + 10 * MINUTE }),
    await offer("s-queueing", 18),
  );
  await evictAll();
  putForward(10 * MINUTE + SECOND);
  await ring(machineObject("queueing"));
  const waiting = await waitingOn(devbox);
  expect(waiting).toHaveLength(17);
  expect(waiting).not.toContain((await offer("s-queueing", 17)).id);
  expect(await alarmOf(machineObject("queueing"))).toBeGreaterThan(Date.now() + 40 * MINUTE);
  socket.close(1000);
});

test("what is offered after its time is told at once, and leaves nothing behind", async () => {
  const devbox = await pairMachine("punctual");
  await devbox.register("s-punctual");
  const answers = await give(devbox, await offer("s-punctual", 1, { expiresAt: Date.now() - 1 }));
  expect(answers).toMatchObject([{ status: "final", outcome: "expired" }]);
  expect(await query(machineObject("punctual"), "SELECT * FROM queue")).toEqual([]);
});

test("an expired row whose machine connects before the alarm is ended by the connection, never sent", async () => {
  const devbox = await pairMachine("dawn");
  await devbox.register("s-dawn");
  const type = await chatWith(devbox, "s-dawn");
  const asked = await type("stale");
  putForward(24 * HOUR + SECOND);
  await evictAll();
  const socket = await devbox.connect({ sessions: ["s-dawn"] });
  await socket.settled();
  expect(socket.commands()).toEqual([]);
  await until("the session was told", async () => {
    await ring(machineObject("dawn"));
    return (await stateOf("s-dawn", asked.name)).state === "expired";
  });
});
