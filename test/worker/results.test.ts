import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { SessionDO } from "../../src/session/session-do.ts";
import { MINUTE, putForward, SECOND } from "./support/clock.ts";
import { chatWith, give, offer, stateOf, waitingOn } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, sessionObject, tablesOf } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, say } from "./support/talk.ts";
import { until } from "./support/until.ts";

/** Takes a table away: every call that needs it throws, as a bug would. */
async function breakTable(object: Parameters<typeof query>[0], table: string): Promise<void> {
  await evictAll();
  await query(object, `ALTER TABLE ${table} RENAME TO ${table}_away`);
  await evictAll();
}

async function mendTable(object: Parameters<typeof query>[0], table: string): Promise<void> {
  await query(object, `ALTER TABLE ${table}_away RENAME TO ${table}`);
  await evictAll();
}

test("a row stays until its session has recorded the outcome, and then it is deleted", async () => {
  const devbox = await pairMachine("tidy");
  await devbox.register("s-tidy");
  const socket = await devbox.connect({ sessions: ["s-tidy"] });
  const type = await chatWith(devbox, "s-tidy");
  const asked = await type("tidy up");
  const command = await socket.next("command");
  socket.journal(command);
  await socket.settled();
  await evictAll();
  expect(await waitingOn(devbox)).toEqual([asked.id]);
  await socket.carryOut(command, "accepted");
  expect(await stateOf("s-tidy", asked.name)).toMatchObject({ state: "accepted" });
  expect(await query(machineObject("tidy"), "SELECT * FROM queue")).toEqual([]);
});

test("a result that is repeated is answered again and changes nothing, also when both are said at once", async () => {
  const devbox = await pairMachine("stutter");
  await devbox.register("s-stutter");
  const socket = await devbox.connect({ sessions: ["s-stutter"] });
  await give(devbox, await offer("s-stutter", 1), await offer("s-stutter", 2));
  const command = await socket.next("command");
  for (let time = 0; time < 3; time++) socket.result(command);
  await socket.settled();
  expect(socket.frames().filter((frame) => frame.type === "resultStored" && frame.id === command.id)).toHaveLength(3);
  expect((await devbox.inspect()).body).toMatchObject({ queued: 1 });
});

test("a result of a command that nobody remembers is answered, so that the agent can forget it, and stores nothing", async () => {
  const devbox = await pairMachine("nostalgic");
  const socket = await devbox.connect();
  await evictAll();
  const unknown = await offer("s-never-registered", 1);
  await socket.carryOut({ ...unknown, type: "command", remainingMs: 0, kind: "text" });
  expect(await tablesOf(await sessionObject("s-never-registered"))).toEqual([]);
  expect(await query(machineObject("nostalgic"), "SELECT * FROM queue")).toEqual([]);
});

test("a machine is done with a frame though the session that it tells of it hangs, so that the next frame is handed in", async () => {
  const devbox = await pairMachine("patient");
  await devbox.register("s-hung");
  const socket = await devbox.connect({ sessions: ["s-hung"] });
  await give(devbox, await offer("s-hung", 1));
  const command = await socket.next("command");
  const gate = Promise.withResolvers<void>();
  const told = vi.spyOn(SessionDO.prototype, "progress").mockReturnValue(gate.promise);
  onTestFinished(() => {
    gate.resolve();
    told.mockRestore();
  });
  await runInDurableObject(machineObject("patient"), async (machine, state) => {
    const [server] = state.getWebSockets();
    if (server === undefined) throw new Error("the machine is not connected");
    const held = { type: "progress", id: command.id, state: "held", reason: "a menu is open" };
    await machine.webSocketMessage(server, JSON.stringify(held));
  });
  await until("the session is told", () => told.mock.calls.length > 0);
  await socket.carryOut(command, "accepted");
});

test("where the session fails, the result is kept in its row, answered, and handed on by the alarm", async () => {
  const devbox = await pairMachine("patient");
  await devbox.register("s-patient");
  const socket = await devbox.connect({ sessions: ["s-patient"] });
  const type = await chatWith(devbox, "s-patient");
  const asked = await type("keep it");
  const command = await socket.next("command");
  const session = await sessionObject("s-patient");
  await breakTable(session, "command");
  await socket.carryOut(command, "typed");
  expect(socket.closed).toBeUndefined();
  expect(await query(machineObject("patient"), "SELECT outcome FROM queue")).toEqual([{ outcome: "typed" }]);
  putForward(SECOND);
  await ring(machineObject("patient"));
  expect(await query(machineObject("patient"), "SELECT outcome FROM queue")).toEqual([{ outcome: "typed" }]);
  await mendTable(session, "command");
  await until("the result is handed on", async () => {
    putForward(10 * SECOND);
    await ring(machineObject("patient"));
    return (await query(machineObject("patient"), "SELECT * FROM queue")).length === 0;
  });
  expect(await stateOf("s-patient", asked.name)).toMatchObject({ state: "typed" });
  expect(socket.commands()).toHaveLength(1);
});

test("a session that fails blocks neither another session nor the machine", async () => {
  const devbox = await pairMachine("sturdy");
  await devbox.register("s-broken");
  await devbox.register("s-whole");
  const socket = await devbox.connect({ sessions: ["s-broken", "s-whole"] });
  const [typeBroken, typeWhole] = [await chatWith(devbox, "s-broken"), await chatWith(devbox, "s-whole")];
  await typeBroken("one");
  const broken = await socket.next("command");
  const session = await sessionObject("s-broken");
  await breakTable(session, "command");
  socket.journal(broken);
  socket.send({ type: "progress", id: broken.id, state: "held", reason: "a menu is open" });
  await socket.carryOut(broken, "typed");
  const asked = await typeWhole("two");
  await socket.carryOut(await socket.next("command"));
  expect(await stateOf("s-whole", asked.name)).toMatchObject({ state: "typed" });
  expect(socket.closed).toBeUndefined();
  await mendTable(session, "command");
});

test("a true result replaces unknown where the session has not taken that yet", async () => {
  const devbox = await pairMachine("truthful");
  await devbox.register("s-truthful");
  const before = await devbox.connect({ sessions: ["s-truthful"], journalEpoch: "first" });
  const type = await chatWith(devbox, "s-truthful");
  const asked = await type("what now?");
  const command = await before.next("command");
  const session = await sessionObject("s-truthful");
  await breakTable(session, "command");
  const after = await devbox.connect({ sessions: ["s-truthful"], journalEpoch: "second" });
  expect(await query(machineObject("truthful"), "SELECT outcome FROM queue")).toEqual([{ outcome: "unknown" }]);
  await after.carryOut(command, "typed");
  expect(await query(machineObject("truthful"), "SELECT outcome FROM queue")).toEqual([{ outcome: "typed" }]);
  await mendTable(session, "command");
  await until("the result is handed on", async () => {
    putForward(10 * SECOND);
    await ring(machineObject("truthful"));
    return (await stateOf("s-truthful", asked.name)).state === "typed";
  });
});

test("a late result whose row is gone is kept as well where the session fails", async () => {
  const devbox = await pairMachine("careful");
  await devbox.register("s-careful");
  const before = await devbox.connect({ sessions: ["s-careful"], journalEpoch: "first" });
  const type = await chatWith(devbox, "s-careful");
  const asked = await type("what now?");
  const command = await before.next("command");
  const after = await devbox.connect({ sessions: ["s-careful"], journalEpoch: "second" });
  await until("unknown was taken", async () => (await stateOf("s-careful", asked.name)).state === "unknown");
  await until(
    "its row is gone",
    async () => (await query(machineObject("careful"), "SELECT * FROM queue")).length === 0,
  );
  const session = await sessionObject("s-careful");
  await breakTable(session, "command");
  await after.carryOut(command, "typed");
  expect(after.closed).toBeUndefined();
  await mendTable(session, "command");
  await until("the result is handed on", async () => {
    putForward(10 * SECOND);
    await ring(machineObject("careful"));
    return (await stateOf("s-careful", asked.name)).state === "typed";
  });
  expect((await devbox.inspect()).body).toMatchObject({ queued: 0 });
});

test("any other failure closes the socket with 1011, and the next connection repeats what was lost", async () => {
  const devbox = await pairMachine("crashing");
  await devbox.register("s-crashing");
  const socket = await devbox.connect({ sessions: ["s-crashing"] });
  const type = await chatWith(devbox, "s-crashing");
  const asked = await type("again");
  const command = await socket.next("command");
  await breakTable(machineObject("crashing"), "queue");
  socket.result(command);
  expect(await socket.isClosed()).toMatchObject({ code: 1011 });
  expect(socket.isStored(command.id)).toBe(false);
  await mendTable(machineObject("crashing"), "queue");
  const again = await devbox.connect({ sessions: ["s-crashing"] });
  await again.carryOut(await again.next("command"));
  expect(await stateOf("s-crashing", asked.name)).toMatchObject({ state: "typed" });
});

test("a result that its session cannot take holds back none of the others", async () => {
  // What is tried again is tried together.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const { talk, socket } = await awakeTalkOn("poisoner", "s-poisoned");
  const hello = await talk.hear("Ready.");
  const bad = `m${talk.chatId}.${(await say("bad", talk.chatId, hello.message_id)).messageId}`;
  const good = `m${talk.chatId}.${(await say("good", talk.chatId, hello.message_id)).messageId}`;
  const session = await sessionObject("s-poisoned");
  const commands = [await socket.next("command"), await socket.next("command")];
  await breakTable(session, "command");
  for (const command of commands) socket.result(command);
  await socket.settled();
  await mendTable(session, "command");
  const fails = `WHEN NEW.name = '${bad}' BEGIN SELECT RAISE(ABORT, 'broken'); END`;
  await query(session, `CREATE TRIGGER broken BEFORE UPDATE OF state ON command ${fails}`);
  await until("the good one is told", async () => {
    putForward(MINUTE);
    await ring(machineObject("poisoner"));
    return (await talk.stateOf(good)) === "typed";
  });
  expect(await talk.stateOf(bad)).toBe("offered");
  await query(session, "DROP TRIGGER broken");
  await until("the bad one is told", async () => {
    putForward(MINUTE);
    await ring(machineObject("poisoner"));
    return (await talk.stateOf(bad)) === "typed";
  });
});
