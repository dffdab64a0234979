import { expect, test } from "vitest";
import { WINDOW } from "../../src/protocol.ts";
import { HOUR, MINUTE, putForward } from "./support/clock.ts";
import { give, offer, offersFrom, waitingOn } from "./support/commands.ts";
import { type Connection, type Machine, pairMachine } from "./support/machine.ts";
import { metered } from "./support/meter.ts";
import { machineObject, ring } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

async function machineWith(sessionId: string): Promise<Machine> {
  const machine = await pairMachine(`m-${sessionId}`);
  await machine.register(sessionId);
  return machine;
}

function texts(sessionId: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${sessionId} ${from + index}`);
}

/** Waits until the machine's object has seen that this connection is gone. */
async function leaves(machine: Machine, socket: Connection): Promise<void> {
  socket.close(1000);
  await until("the machine is offline", async () => (await machine.inspect()).body["online"] === false);
}

test("what waited for a sleeping machine is sent in order when it comes, through a window of 16", async () => {
  const devbox = await machineWith("w");
  await give(devbox, ...(await offersFrom("w", 1, 40)));
  await evictAll();
  const socket = await devbox.connect({ sessions: ["w"] });
  expect(await socket.hasTexts(WINDOW)).toEqual(texts("w", 1, 16));
  for (let n = 0; n < 40; n++) {
    const [command] = [socket.commands()[n]];
    if (command === undefined) throw new Error(`command ${n + 1} did not come`);
    if (n % 8 === 0) await evictAll();
    // Each that is journaled lets in one more; a result, said before or without it, does the same.
    if (n % 2 === 0) socket.journal(command);
    else socket.result(command);
    await until("the window moved on", () => socket.commands().length >= Math.min(40, WINDOW + n + 1));
  }
  expect(await socket.hasTexts(40)).toEqual(texts("w", 1, 40));
});

test("journaling and its result together open the window once", async () => {
  const devbox = await machineWith("once");
  await give(devbox, ...(await offersFrom("once", 1, 20)));
  const socket = await devbox.connect({ sessions: ["once"] });
  await socket.carryOut(await socket.next("command"));
  await evictAll();
  expect(await socket.hasTexts(17)).toEqual(texts("once", 1, 17));
});

test("within a connection nothing is sent twice, whatever is evicted, offered again or repeated", async () => {
  const devbox = await machineWith("single");
  const socket = await devbox.connect({ sessions: ["single"] });
  const offers = await offersFrom("single", 1, 5);
  for (const each of offers) {
    await evictAll();
    expect(await give(devbox, each)).toMatchObject([{ status: "taken", asleep: null }]);
  }
  for (let time = 0; time < 3; time++) {
    await evictAll();
    expect(await give(devbox, ...offers)).toMatchObject(offers.map(() => ({ status: "taken" })));
    for (const each of offers) socket.journal(each);
    await ring(machineObject(devbox.name));
  }
  expect(await socket.hasTexts(5)).toEqual(texts("single", 1, 5));
});

test("a new connection is sent everything without an outcome again, journaled or not, and nothing that has one", async () => {
  const devbox = await machineWith("again");
  const first = await devbox.connect({ sessions: ["again"] });
  await give(devbox, ...(await offersFrom("again", 1, 4)));
  const [one, two] = [await first.next("command"), await first.next("command")];
  await first.carryOut(one);
  first.journal(two);
  await first.settled();
  await leaves(devbox, first);
  await give(devbox, await offer("again", 5));
  await evictAll();
  const second = await devbox.connect({ sessions: ["again"] });
  expect(await second.hasTexts(4)).toEqual(texts("again", 2, 5));
  await leaves(devbox, second);
  await evictAll();
  const third = await devbox.connect({ sessions: ["again"] });
  expect(await third.hasTexts(4)).toEqual(texts("again", 2, 5));
  expect(await waitingOn(devbox)).toHaveLength(4);
});

test("what is offered while a machine connects goes after what waited", async () => {
  const devbox = await machineWith("rush");
  await give(devbox, ...(await offersFrom("rush", 1, 10)));
  await evictAll();
  const socket = await devbox.open();
  socket.send({
    type: "hello",
    protocol: { min: 1, max: 1 },
    agentVersion: "test",
    bootId: "boot",
    journalEpoch: "epoch",
    sessions: ["rush"],
  });
  await Promise.all((await offersFrom("rush", 11, 14)).map((each) => give(devbox, each)));
  const seen = await socket.hasTexts(14);
  expect(seen.slice(0, 10)).toEqual(texts("rush", 1, 10));
  expect(seen.toSorted()).toEqual(texts("rush", 1, 14).toSorted());
});

test("keys, answers and screens go before typed commands, in order among themselves", async () => {
  const devbox = await machineWith("urgent");
  const [one, two, key, answer, screen] = await offersFrom("urgent", 1, 5);
  if (!one || !two || !key || !answer || !screen) throw new Error("five were made");
  await give(
    devbox,
    one,
    two,
    { ...key, kind: "key" },
    { ...answer, kind: "answer", nonce: "n" },
    { ...screen, kind: "screen" },
  );
  await evictAll();
  const socket = await devbox.connect({ sessions: ["urgent"] });
  const expected = ["urgent 3", "urgent 4", "urgent 5", "urgent 1", "urgent 2"];
  expect(await socket.hasTexts(5)).toEqual(expected);
  await leaves(devbox, socket);
  const again = await devbox.connect({ sessions: ["urgent"] });
  expect(await again.hasTexts(5)).toEqual(expected);
});

test("an urgent command goes before all that waits for the window, as soon as it opens", async () => {
  const devbox = await machineWith("jump");
  const socket = await devbox.connect({ sessions: ["jump"] });
  await give(devbox, ...(await offersFrom("jump", 1, 20)));
  await give(devbox, await offer("jump", 21, { kind: "key", command: "escape" }));
  await evictAll();
  socket.journal(await socket.next("command"));
  expect((await socket.hasTexts(17)).at(-1)).toBe("escape");
});

test("a session whose commands are held blocks no other session", async () => {
  const devbox = await machineWith("stuck");
  await devbox.register("free");
  const socket = await devbox.connect({ sessions: ["stuck", "free"] });
  await give(devbox, ...(await offersFrom("stuck", 1, 60)));
  await give(devbox, ...(await offersFrom("free", 1, 2)));
  for (let n = 0; n < 60; n++) {
    await until("the next one comes", () => socket.commands().length > n);
    const command = socket.commands()[n];
    if (command === undefined) throw new Error("it came");
    socket.journal(command);
    socket.send({ type: "progress", id: command.id, state: "held", reason: "a menu is open" });
  }
  expect((await socket.hasTexts(62)).slice(-2)).toEqual(["free 1", "free 2"]);
});

test("what was sent is sent again although its time is over, and what was never sent is not", async () => {
  const devbox = await machineWith("late");
  const socket = await devbox.connect({ sessions: ["late"] });
  await give(devbox, await offer("late", 1));
  await socket.hasTexts(1);
  await leaves(devbox, socket);
  await give(devbox, await offer("late", 2));
  await evictAll();
  putForward(HOUR + MINUTE);
  const back = await devbox.connect({ sessions: ["late"] });
  expect(await back.hasTexts(1)).toEqual(["late 1"]);
  expect(back.commands()[0]).toMatchObject({ remainingMs: 0 });
});

test("a command that goes out costs the same few reads however many are held before it", async () => {
  const devbox = await machineWith("deep");
  await give(devbox, ...(await offersFrom("deep", 1, 300)));
  const socket = await devbox.connect({ sessions: ["deep"] });
  const meter = await metered(machineObject(devbox.name));
  for (let n = 0; n < 300; n++) {
    await until("the next one comes", () => socket.commands().length > n);
    const command = socket.commands()[n];
    if (command !== undefined) socket.journal(command);
  }
  expect(await socket.hasTexts(300)).toEqual(texts("deep", 1, 300));
  expect(meter.rowsRead() / 300).toBeLessThan(30);
});
