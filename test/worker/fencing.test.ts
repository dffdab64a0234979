import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { chatWith, give, offer, offersFrom, stateOf, waitingOn } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("the newest hello wins: the older connection is closed with 4001, and nothing is sent on it any more", async () => {
  const devbox = await pairMachine("double");
  await devbox.register("s-double");
  const older = await devbox.connect({ sessions: ["s-double"] });
  await evictAll();
  const newer = await devbox.connect({ sessions: ["s-double"] });
  expect(await older.isClosed()).toMatchObject({ code: 4001 });
  await evictAll();
  await give(devbox, await offer("s-double", 1));
  expect(await newer.hasTexts(1)).toEqual(["s-double 1"]);
  expect(older.commands()).toEqual([]);
});

test("a socket that has not said hello yet does not take over", async () => {
  const devbox = await pairMachine("knocking");
  await devbox.register("s-knocking");
  const socket = await devbox.connect({ sessions: ["s-knocking"] });
  await devbox.open();
  await evictAll();
  await give(devbox, await offer("s-knocking", 1));
  expect(await socket.hasTexts(1)).toEqual(["s-knocking 1"]);
});

test("what a fenced connection says changes nothing: no result, no progress, no room in the window", async () => {
  const devbox = await pairMachine("fenced");
  await devbox.register("s-fenced");
  const older = await devbox.connect({ sessions: ["s-fenced"] });
  const type = await chatWith(devbox, "s-fenced");
  const asked = await type("once");
  const command = await older.next("command");
  const object = machineObject("fenced");
  const [olderAtRouter] = await runInDurableObject(object, (_, state) => state.getWebSockets());
  const newer = await devbox.connect({ sessions: ["s-fenced"] });
  await older.isClosed();
  // They were on their way when the new hello came: the router reads them after it.
  const late = [
    { type: "commandResult", id: command.id, sessionId: "s-fenced", outcome: "failed", error: "from the grave" },
    { type: "journaled", id: command.id },
    { type: "progress", id: command.id, state: "held", reason: "from the grave" },
    { type: "commandResult", id: command.id },
    { type: "refused", reason: "from the grave", id: command.id },
  ];
  await runInDurableObject(object, async (machine) => {
    if (olderAtRouter === undefined) throw new Error("there was a socket");
    for (const frame of late) await machine.webSocketMessage(olderAtRouter, JSON.stringify(frame));
  });
  await newer.settled();
  await evictAll();
  expect(await stateOf("s-fenced", asked.name)).toMatchObject({ state: "offered" });
  expect(await waitingOn(devbox)).toEqual([asked.id]);
  expect(older.isStored(command.id)).toBe(false);
  await newer.carryOut(await newer.next("command"));
  expect(await stateOf("s-fenced", asked.name)).toMatchObject({ state: "typed" });
});

test("an old socket that closes late does not make the machine offline", async () => {
  const devbox = await pairMachine("latecomer");
  const older = await devbox.connect();
  await devbox.connect();
  await older.isClosed();
  await evictAll();
  const before = (await devbox.inspect()).body;
  older.close(1000);
  await evictAll();
  expect(before).toMatchObject({ online: true });
  expect((await devbox.inspect()).body).toEqual(before);
});

test("what was sent on the old connection is sent again on the new one, in order", async () => {
  const devbox = await pairMachine("moving");
  await devbox.register("s-moving");
  const older = await devbox.connect({ sessions: ["s-moving"] });
  await give(devbox, ...(await offersFrom("s-moving", 1, 3)));
  expect(await older.hasTexts(3)).toEqual(["s-moving 1", "s-moving 2", "s-moving 3"]);
  await evictAll();
  const newer = await devbox.connect({ sessions: ["s-moving"] });
  expect(await newer.hasTexts(3)).toEqual(["s-moving 1", "s-moving 2", "s-moving 3"]);
});

test("of two connections that say hello at once exactly one stays", async () => {
  const devbox = await pairMachine("racing");
  const sockets = await Promise.all([devbox.open(), devbox.open(), devbox.open()]);
  for (const socket of sockets) {
    socket.send({
      type: "hello",
      protocol: { min: 1, max: 1 },
      agentVersion: "test",
      bootId: "boot",
      journalEpoch: "epoch",
      sessions: [],
    });
  }
  await until("two are closed", () => sockets.filter(({ closed }) => closed?.code === 4001).length === 2);
  await evictAll();
  expect((await devbox.inspect()).body).toMatchObject({ online: true });
  expect(await query(machineObject("racing"), "SELECT connection FROM machine")).toEqual([{ connection: 3 }]);
});

test("a result from a machine or an owner that the command does not name is not taken by the session", async () => {
  const [devbox, other, stranger] = await Promise.all([
    pairMachine("rightful"),
    pairMachine("wrongful"),
    pairMachine("foreign", 1002),
  ]);
  await devbox.register("s-rightful");
  const socket = await devbox.connect({ sessions: ["s-rightful"] });
  const type = await chatWith(devbox, "s-rightful");
  const asked = await type("mine");
  const command = await socket.next("command");
  for (const machine of [other, stranger]) {
    const wrong = await machine.connect();
    await evictAll();
    await wrong.carryOut(command, "failed", "made up");
    wrong.send({ type: "progress", id: command.id, state: "held", reason: "made up" });
    await wrong.settled();
    expect(await stateOf("s-rightful", asked.name)).toEqual({ state: "offered", error: null });
  }
  await socket.carryOut(command);
  expect(await stateOf("s-rightful", asked.name)).toEqual({ state: "typed", error: null });
  expect(await query(await sessionObject("s-rightful"), "SELECT COUNT(*) AS n FROM command")).toEqual([{ n: 1 }]);
});

test("the number of the connection is the fence, also where the older socket has not been closed yet", async () => {
  const devbox = await pairMachine("numbered");
  await devbox.register("s-numbered");
  const socket = await devbox.connect({ sessions: ["s-numbered"] });
  const type = await chatWith(devbox, "s-numbered");
  const asked = await type("once");
  const command = await socket.next("command");
  await query(machineObject("numbered"), "UPDATE machine SET connection = connection + 1");
  await evictAll();
  socket.result(command);
  socket.send({ type: "commandResult", id: command.id });
  socket.send({ type: "hello" });
  const newer = await devbox.connect({ sessions: ["s-numbered"] });
  await newer.settled();
  expect(socket.frames().filter((frame) => frame.type === "resultStored")).toEqual([]);
  expect(await stateOf("s-numbered", asked.name)).toMatchObject({ state: "offered" });
  expect(await waitingOn(devbox)).toEqual([asked.id]);
});

test("what is read from a socket that the router closed is left for the next connection to repeat", async () => {
  const devbox = await pairMachine("shown-out");
  await devbox.register("s-shown-out");
  const socket = await devbox.connect({ sessions: ["s-shown-out"] });
  const type = await chatWith(devbox, "s-shown-out");
  const asked = await type("once");
  const command = await socket.next("command");
  const object = machineObject("shown-out");
  const [atRouter] = await runInDurableObject(object, (_, state) => state.getWebSockets());
  for (let n = 0; n < 10; n++) socket.send("nonsense");
  expect(await socket.isClosed()).toMatchObject({ code: 1008 });
  const late = { type: "commandResult", id: command.id, sessionId: "s-shown-out", outcome: "typed" };
  await runInDurableObject(object, async (machine) => {
    if (atRouter === undefined) throw new Error("there was a socket");
    await machine.webSocketMessage(atRouter, JSON.stringify(late));
  });
  expect(await stateOf("s-shown-out", asked.name)).toMatchObject({ state: "offered" });
  const next = await devbox.connect({ sessions: ["s-shown-out"] });
  await next.carryOut(await next.next("command"));
  expect(await stateOf("s-shown-out", asked.name)).toMatchObject({ state: "typed" });
});
