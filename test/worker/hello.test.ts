import { expect, test } from "vitest";
import { putForward, SECOND } from "./support/clock.ts";
import { give, offer } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";

test("nothing is sent to an agent before its hello, and what it says before is refused and changes nothing", async () => {
  const devbox = await pairMachine("early");
  await devbox.register("s-early");
  const command = await offer("s-early", 1);
  await give(devbox, command);
  const socket = await devbox.open();
  await evictAll();
  await give(devbox, await offer("s-early", 2));
  socket.result(command, "typed");
  expect((await socket.next("refused")).reason).toBe("the first frame is hello");
  await evictAll();
  socket.send({ type: "journaled", id: command.id, nonsense: true });
  await socket.next("refused");
  socket.send({ type: "commandResult", id: command.id });
  await socket.next("refused");
  expect(socket.frames().every(({ type }) => type === "refused")).toBe(true);
  expect(await query(machineObject("early"), "SELECT id FROM queue WHERE outcome IS NULL")).toHaveLength(2);

  socket.send({
    type: "hello",
    protocol: { min: 1, max: 1 },
    agentVersion: "test",
    bootId: "boot",
    journalEpoch: "epoch",
    sessions: ["s-early"],
  });
  expect(await socket.next("welcome")).toEqual({ type: "welcome", protocol: 1, window: 16 });
  expect(await socket.hasTexts(2)).toEqual(["s-early 1", "s-early 2"]);
});

test("a socket that says no hello within ten seconds is closed with 4004", async () => {
  const devbox = await pairMachine("silent");
  const socket = await devbox.open();
  await evictAll();
  putForward(11 * SECOND);
  await ring(machineObject("silent"));
  expect(await socket.isClosed()).toMatchObject({ code: 4004 });
});

test("a socket that said hello is not closed when the ten seconds are over", async () => {
  const devbox = await pairMachine("polite");
  const socket = await devbox.connect();
  putForward(11 * SECOND);
  await ring(machineObject("polite"));
  await evictAll();
  await socket.settled();
  expect(socket.closed).toBeUndefined();
});

test.each([
  { who: "an agent that is too new", protocol: { min: 2, max: 3 }, update: "update the router" },
  { who: "a range that is empty", protocol: { min: 3, max: 1 }, update: "update the router" },
])("$who is closed with 4002 and told what to update", async ({ protocol, update }) => {
  const devbox = await pairMachine(`speaks-${protocol.min}-${protocol.max}`);
  const socket = await devbox.open();
  await evictAll();
  socket.send({ type: "hello", protocol, agentVersion: "9", bootId: "b", journalEpoch: "e", sessions: [] });
  const closed = await socket.isClosed();
  expect(closed.code).toBe(4002);
  expect(closed.reason).toContain(update);
  expect(socket.frames()).toEqual([]);
});

test("an agent that also speaks something newer is spoken to in the newest that both know", async () => {
  const devbox = await pairMachine("bilingual");
  const socket = await devbox.connect({ protocol: { min: 1, max: 7 } });
  expect(socket.frames()).toContainEqual({ type: "welcome", protocol: 1, window: 16 });
});

test("a second hello on the same socket is refused, and the connection goes on", async () => {
  const devbox = await pairMachine("twice");
  await devbox.register("s-twice");
  const socket = await devbox.connect({ sessions: ["s-twice"] });
  await evictAll();
  socket.send({
    type: "hello",
    protocol: { min: 1, max: 1 },
    agentVersion: "test",
    bootId: "boot",
    journalEpoch: "another",
    sessions: [],
  });
  expect((await socket.next("refused")).reason).toBe("hello was said already");
  await give(devbox, await offer("s-twice", 1));
  expect(await socket.hasTexts(1)).toEqual(["s-twice 1"]);
});
