import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { PING, PONG } from "../../src/protocol.ts";
import { MINUTE, putForward, SECOND } from "./support/clock.ts";
import { chatWith, give, offer, stateOf } from "./support/commands.ts";
import { messageWith, pairMachine } from "./support/machine.ts";
import { anyNumber } from "./support/matching.ts";
import { isQuiet, machineObject, ring, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("a ping is answered while the machine's object sleeps, and does not wake it", async () => {
  const devbox = await pairMachine("pinged");
  const socket = await devbox.connect();
  await isQuiet(machineObject("pinged"));
  await evictAll();
  socket.send(PING);
  await until("a pong comes", () => socket.received.includes(PONG));
  // Only an object that runs can be evicted.
  await expect(evictDurableObject(machineObject("pinged"))).rejects.toThrow("not currently running");
  await socket.settled();
  await evictDurableObject(machineObject("pinged"));
});

test("a machine is online from its hello until its socket closes", async () => {
  const devbox = await pairMachine("coming");
  expect((await devbox.inspect()).body).toMatchObject({ online: false, lastSeenAt: null, agentVersion: null });
  const early = await devbox.open();
  await evictAll();
  expect((await devbox.inspect()).body).toMatchObject({ online: false });
  early.close(1000);
  const socket = await devbox.connect({ agentVersion: "1.2.3" });
  await evictAll();
  expect((await devbox.inspect()).body).toMatchObject({ online: true, agentVersion: "1.2.3" });
  const before = Date.now();
  socket.close(1000);
  await until("it is offline", async () => (await devbox.inspect()).body["online"] === false);
  expect((await devbox.inspect()).body["lastSeenAt"]).toBeGreaterThanOrEqual(before);
});

test("a machine that has not pinged for 45 seconds counts as asleep since its last ping, and its socket is closed with 4008", async () => {
  const devbox = await pairMachine("dozing");
  await devbox.register("s-dozing");
  const socket = await devbox.connect({ sessions: ["s-dozing"] });
  socket.send(PING);
  await until("a pong comes", () => socket.received.includes(PONG));
  const heard = Date.now();
  putForward(44 * SECOND);
  await evictAll();
  expect(await machineObject("dozing").asleep()).toBeNull();
  putForward(2 * SECOND);
  await evictAll();
  const answers = await give(devbox, await offer("s-dozing", 1));
  expect(answers).toMatchObject([{ status: "taken", asleep: { since: anyNumber() } }]);
  expect(await socket.isClosed()).toMatchObject({ code: 4008 });
  expect(socket.commands()).toEqual([]);
  await evictAll();
  const { lastSeenAt } = (await devbox.inspect()).body;
  expect(lastSeenAt).toBeLessThanOrEqual(heard);
});

test("a socket that died in its sleep leaves the machine asleep since it fell silent, not since its end was noticed", async () => {
  const devbox = await pairMachine("dying");
  const socket = await devbox.connect();
  const heard = Date.now();
  putForward(10 * MINUTE);
  socket.close();
  await socket.isClosed();
  await evictAll();
  expect((await devbox.inspect()).body["lastSeenAt"]).toBeLessThanOrEqual(heard);
});

test("a reply to a machine with a stale socket is shown as asleep, and typed once it is back", async () => {
  const devbox = await pairMachine("napping");
  await devbox.register("s-napping");
  const stale = await devbox.connect({ sessions: ["s-napping"] });
  const type = await chatWith(devbox, "s-napping");
  putForward(MINUTE);
  const asked = await type("wake up");
  await evictAll();
  putForward(2 * SECOND);
  await ring(await sessionObject("s-napping"));
  await messageWith("1 waiting");
  expect(stale.commands()).toEqual([]);
  const socket = await devbox.connect({ sessions: ["s-napping"] });
  const command = await socket.next("command");
  expect(command.command).toBe("wake up");
  await evictAll();
  await socket.carryOut(command);
  expect(await stateOf("s-napping", asked.name)).toMatchObject({ state: "typed" });
});
