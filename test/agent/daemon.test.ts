import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { aNumber, containing, someText } from "./matchers.ts";
import { commandId, type StandInRouter, textCommand } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function results(): unknown[] {
  return router.peers.flatMap((peer) => peer.of("commandResult")).map(({ id, outcome }) => [id, outcome]);
}

test("a command is journaled, typed and answered", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.send(textCommand(1, "s1", "make test"));
  await until("a result", () => results().length === 1);
  expect(terminal.typed).toEqual(["make test"]);
  expect(router.peer.frames.slice(1)).toEqual([
    { type: "journaled", id: commandId(1) },
    { type: "commandResult", id: commandId(1), sessionId: "s1", outcome: "typed" },
  ]);
});

test("kill -9 while it is typed: unknown after the restart, and never typed again", async () => {
  const first = await home.online();
  const stuck = await TestTerminal.attach(home, "s1", { answers: false });
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("the order to type", () => stuck.typed.length === 1);
  await first.kill("SIGKILL");

  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  await until("the result", () => results().length === 1);
  expect(results()).toEqual([[commandId(1), "unknown"]]);
  // The router may send it again before it has the result.
  router.peer.send(textCommand(1, "s1", "deploy"));
  router.peer.send(textCommand(2, "s1", "next"));
  await until("the next command is typed", () => terminal.typed.length === 1);
  expect(terminal.typed).toEqual(["next"]);
  expect(results().filter((result) => JSON.stringify(result).includes("m7.1"))).toEqual([
    [commandId(1), "unknown"],
    [commandId(1), "unknown"],
  ]);
});

test("kill -9 between the journal and the typing: typed once, when the router sends it again", async () => {
  const first = await home.online();
  const sleeper = spawn("sleep", ["60"]);
  const away = await TestTerminal.attach(home, "s1", { pid: sleeper.pid ?? 0 });
  away.client.destroy();
  await first.says("terminal of s1 is away");
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("the note that it is held", () => router.peer.of("progress").length === 1);
  await first.kill("SIGKILL");

  await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { pid: sleeper.pid ?? 0 });
  router.peer.send(textCommand(2, "s2", "a marker: its answer comes after all that came before"));
  await until("the marker's result", () => results().length === 1);
  expect(terminal.typed).toEqual([]);
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("it is typed", () => results().length === 2);
  expect(terminal.typed).toEqual(["deploy"]);
  sleeper.kill();
});

test("a result is repeated on each connection until it is stored", async () => {
  router.storesResults = false;
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the result", () => results().length === 1);
  for (const times of [2, 3]) {
    router.peer.terminate();
    await until("the result again", () => results().length === times);
  }
  router.peer.send({ type: "resultStored", id: commandId(1) });
  router.peer.send(textCommand(2, "s2", "a marker"));
  await until("the marker's result", () => results().length === 4);
  router.storesResults = true;
  router.peer.terminate();
  await until("the marker's result again", () => results().length === 5);
  expect(results().map((result) => JSON.stringify(result).includes("m7.1"))).toEqual([true, true, true, false, false]);
  expect(terminal.typed).toEqual(["make"]);
});

test("commands that are held are typed in order when the terminal comes back", async () => {
  const agent = await home.online();
  const away = await TestTerminal.attach(home, "s1");
  away.client.destroy();
  await agent.says("terminal of s1 is away");
  for (const n of [1, 2, 3]) router.peer.send(textCommand(n, "s1", `command ${n}`));
  await until("each is told to be held", () => router.peer.of("progress").length === 3);
  expect(router.peer.of("progress")[0]).toMatchObject({ state: "held", reason: containing("terminal") });
  const terminal = await TestTerminal.attach(home, "s1");
  await until("all results", () => results().length === 3);
  expect(terminal.typed).toEqual(["command 1", "command 2", "command 3"]);
});

test("nothing is typed while the router is away: it may have given the command up", async () => {
  const agent = await home.online();
  const away = await TestTerminal.attach(home, "s1");
  away.client.destroy();
  await agent.says("terminal of s1 is away");
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is held", () => router.peer.of("progress").length === 1);
  router.refusal = { status: 503 };
  router.peer.terminate();
  await agent.says("offline: the router answered 503");
  // Its terminal hears "attached" after every order that the attach has caused.
  const terminal = await TestTerminal.attach(home, "s1");
  expect(terminal.typed).toEqual([]);
  router.refusal = null;
  await until("a new connection", () => router.peers.length === 2 && router.peers[1]?.hello !== undefined);
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the result", () => results().length === 1);
  expect(terminal.typed).toEqual(["make"]);
});

test("a stuck session blocks no other", async () => {
  await home.online();
  const stuck = await TestTerminal.attach(home, "s1", { answers: false });
  const terminal = await TestTerminal.attach(home, "s2");
  for (let n = 1; n <= 20; n += 1) router.peer.send(textCommand(n, "s1", `stuck ${n}`));
  router.peer.send(textCommand(21, "s2", "free"));
  await until("the other session's result", () => results().length === 1);
  expect(terminal.typed).toEqual(["free"]);
  expect(stuck.typed).toEqual(["stuck 1"]);
  expect(router.peer.of("journaled")).toHaveLength(21);
});

test("a terminal that goes away while it types leaves an unknown outcome", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { answers: false });
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("the order", () => terminal.typed.length === 1);
  terminal.client.destroy();
  await until("the result", () => results().length === 1);
  expect(results()).toEqual([[commandId(1), "unknown"]]);
});

test("a command for a session that is not here fails with what to do", async () => {
  await home.online();
  router.peer.send(textCommand(1, "nowhere", "make"));
  await until("the result", () => results().length === 1);
  expect(router.peer.of("commandResult")[0]).toMatchObject({
    outcome: "failed",
    error: containing("ccr-agent run"),
  });
});

test("an answer fails: its question is not open here", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  router.peer.send({
    type: "command",
    kind: "answer",
    id: commandId(1),
    sessionId: "s1",
    nonce: "n1",
    command: "yes",
    remainingMs: 9_000,
  });
  await until("the result", () => results().length === 1);
  expect(router.peer.of("commandResult")[0]).toMatchObject({
    outcome: "failed",
    error: containing("this question is no longer open here"),
  });
});

test("a screen comes as a silent notification", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  router.peer.send({
    type: "command",
    kind: "screen",
    id: commandId(1),
    sessionId: "s1",
    command: "",
    remainingMs: 9_000,
  });
  await until("the notification", () => router.bodies("/notifications/send").length === 1);
  expect(router.bodies("/notifications/send")[0]).toMatchObject({
    sessionId: "s1",
    text: "$ make\nok",
    silent: true,
    aside: true,
  });
  await until("the result", () => results().length === 1);
  expect(results()).toEqual([[commandId(1), "accepted"]]);
});

test("what expires while its terminal is away is told as expired, and not typed", async () => {
  const agent = await home.online();
  const away = await TestTerminal.attach(home, "s1");
  away.client.destroy();
  await agent.says("terminal of s1 is away");
  router.peer.send(textCommand(1, "s1", "late", 300));
  await until("the result", () => results().length === 1);
  expect(results()).toEqual([[commandId(1), "expired"]]);
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.send(textCommand(2, "s1", "next"));
  await until("the next result", () => results().length === 2);
  expect(terminal.typed).toEqual(["next"]);
});

test("a cancel ends what waits, answers for what was typed, and is remembered for what comes later", async () => {
  const agent = await home.online();
  const first = await TestTerminal.attach(home, "s1");
  router.peer.send(textCommand(1, "s1", "typed"));
  await until("the first result", () => results().length === 1);
  first.client.destroy();
  await agent.says("terminal of s1 is away");
  router.peer.send(textCommand(2, "s1", "waits"));
  for (const n of [1, 2, 3]) router.peer.send({ type: "cancel", id: commandId(n), sessionId: "s1" });
  router.peer.send(textCommand(3, "s1", "comes later"));
  await until("all answers", () => results().length === 5);
  expect(results()).toEqual([
    [commandId(1), "typed"],
    [commandId(1), "typed"],
    [commandId(2), "cancelled"],
    [commandId(3), "cancelled"],
    [commandId(3), "cancelled"],
  ]);
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.send(textCommand(4, "s1", "next"));
  await until("the next result", () => results().length === 6);
  expect(terminal.typed).toEqual(["next"]);
});

test("a frame of a bad shape is refused with its id, and harms nothing", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  router.peer.sendText(
    JSON.stringify({ type: "command", kind: "dance", id: commandId(1), sessionId: "s1", remainingMs: 1 }),
  );
  router.peer.sendText("not json");
  router.peer.sendText(JSON.stringify({ type: "news" }));
  router.peer.send(textCommand(2, "s1", "make"));
  await until("the result", () => results().length === 1);
  expect(router.peer.of("refused").map((frame) => frame.id)).toEqual([commandId(1), undefined]);
});

test("hello names the sessions that live, also right after a restart", async () => {
  const sleeper = spawn("sleep", ["60"]);
  const first = await home.online();
  await TestTerminal.attach(home, "dead", { pid: sleeper.pid ?? 0 });
  await TestTerminal.attach(home, "alive");
  await first.kill("SIGKILL");
  sleeper.kill("SIGKILL");
  await once(sleeper, "close");
  await home.online();
  expect(router.peer.hello).toMatchObject({ sessions: ["alive"], protocol: { min: 1, max: 1 } });
  expect(router.peer.hello?.journalEpoch).toBe(router.peers[0]?.hello?.journalEpoch);
  await until("the dead one is unregistered", () => router.bodies("/sessions/unregister").length === 1);
  expect(router.bodies("/sessions/unregister")).toEqual([{ sessionId: "dead", reason: "gone" }]);
});

test("a second agent in the same folder is refused with the first one's pid; kill -9 leaves nothing behind", async () => {
  const first = await home.online();
  const second = await home.run(["start"]);
  expect(second).toMatchObject({ status: 1, stderr: containing(`process ${first.child.pid}`) });
  await first.kill("SIGKILL");
  await home.online();
});

test("the program's end unregisters its session and fails what waits for it", async () => {
  const sleeper = spawn("sleep", ["60"]);
  const agent = await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { pid: sleeper.pid ?? 0 });
  terminal.client.destroy();
  await agent.says("terminal of s1 is away");
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is held", () => router.peer.of("progress").length === 1);
  sleeper.kill("SIGKILL");
  await until("the result", () => results().length === 1);
  expect(results()).toEqual([[commandId(1), "failed"]]);
  await until("the unregister", () => router.bodies("/sessions/unregister").length === 1);
});

test("a detach ends the session with its reason", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  terminal.client.send({ type: "detach", sessionId: "s1", reason: "exited" });
  await until("the unregister", () => router.bodies("/sessions/unregister").length === 1);
  expect(router.bodies("/sessions/register")).toEqual([
    { sessionId: "s1", machineId: "devbox", label: "api", claim: aNumber(), timeZone: someText() },
  ]);
  expect(router.bodies("/sessions/unregister")).toEqual([{ sessionId: "s1", reason: "exited" }]);
});

/** Keeps the journal from being written, as a full disk does. */
function lockJournal(): DatabaseSync {
  const database = new DatabaseSync(join(home.stateFolder, "agent.db"), { timeout: 5_000 });
  database.exec("BEGIN IMMEDIATE");
  return database;
}

test("what cannot be journaled is neither answered nor typed, and comes again with the next connection", async () => {
  const agent = await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  await until("the registration is done", () => router.bodies("/sessions/register").length === 1);
  const lock = lockJournal();
  const peer = router.peer;
  peer.send(textCommand(1, "s1", "make"));
  await agent.says("the journal cannot be written");
  await until("the connection is dropped", () => peer.closed !== null);
  expect(peer.frames.map((frame) => frame.type)).toEqual(["hello"]);
  expect(terminal.typed).toEqual([]);
  lock.close();
  await until(
    "a new connection",
    () => router.peers.at(-1)?.hello !== undefined && router.peers.at(-1)?.closed === null,
  );
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the result", () => results().length === 1);
  expect(terminal.typed).toEqual(["make"]);
});

test("a result that cannot be journaled is kept, and its text not typed again", async () => {
  const agent = await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { answers: false });
  await until("the registration is done", () => router.bodies("/sessions/register").length === 1);
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the order", () => terminal.typed.length === 1);
  const lock = lockJournal();
  terminal.client.send({ type: "done", requestId: terminal.orders[0]?.requestId ?? "", status: "typed" });
  await agent.says("the journal cannot be written");
  expect(results()).toEqual([]);
  lock.close();
  await until(
    "a new connection",
    () => router.peers.at(-1)?.hello !== undefined && router.peers.at(-1)?.closed === null,
  );
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the result", () => results().length > 0);
  expect(results()[0]).toEqual([commandId(1), "typed"]);
  expect(terminal.typed).toEqual(["make"]);
});

test("a command that is sent again while it is typed is typed after all where the terminal could not", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { answers: false });
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the order", () => terminal.typed.length === 1);
  router.peer.terminate();
  await until("a new connection", () => router.peers.length === 2 && router.peers[1]?.hello !== undefined);
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is known", () => router.peer.of("journaled").length === 1);
  terminal.client.send({
    type: "done",
    requestId: terminal.orders[0]?.requestId ?? "",
    status: "held",
    reason: "a menu is open",
  });
  await until("the second order", () => terminal.typed.length === 2);
  terminal.client.send({ type: "done", requestId: terminal.orders[1]?.requestId ?? "", status: "typed" });
  await until("the result", () => results().length === 1);
});

test("a key passes a text that the terminal holds back; the text is tried again", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { answers: false });
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the order", () => terminal.orders.length === 1);
  router.peer.send({
    type: "command",
    kind: "key",
    id: commandId(2),
    sessionId: "s1",
    command: "escape",
    remainingMs: 9_000,
  });
  await until("the key is there", () => router.peer.of("journaled").length === 2);
  terminal.client.send({
    type: "done",
    requestId: terminal.orders[0]?.requestId ?? "",
    status: "held",
    reason: "a menu is open",
  });
  await until("it is told", () => router.peer.of("progress").length === 1);
  expect(router.peer.of("progress")).toEqual([
    { type: "progress", id: commandId(1), state: "held", reason: "a menu is open" },
  ]);
  await until("the key", () => terminal.orders.length === 2);
  terminal.client.send({ type: "done", requestId: terminal.orders[1]?.requestId ?? "", status: "typed" });
  await until("the text again", () => terminal.orders.length === 3);
  expect(terminal.orders.map((order) => order.type)).toEqual(["type", "key", "type"]);
  expect(results()).toEqual([[commandId(2), "typed"]]);
});

test("a stop waits for what is being typed", async () => {
  const agent = await home.online();
  const terminal = await TestTerminal.attach(home, "s1", { answers: false });
  router.peer.send(textCommand(1, "s1", "make"));
  await until("the order", () => terminal.typed.length === 1);
  agent.child.kill("SIGTERM");
  await agent.says("stopping");
  terminal.client.send({ type: "done", requestId: terminal.orders[0]?.requestId ?? "", status: "typed" });
  expect(await agent.exited).toBe(0);
  expect(results()).toEqual([[commandId(1), "typed"]]);
});

test("SIGTERM ends the agent with 0, and says goodbye to the router", async () => {
  const agent = await home.online();
  expect(await agent.kill("SIGTERM")).toBe(0);
  await until("the goodbye", () => router.peers[0]?.closed === 1000);
});

test("an agent that starts deletes the long prompts that it kept a week ago", async () => {
  const folder = join(home.stateFolder, "prompts");
  mkdirSync(folder, { recursive: true });
  for (const name of ["old.txt", "new.txt"]) writeFileSync(join(folder, name), "a long prompt");
  utimesSync(join(folder, "old.txt"), 0, 0);
  await home.online();
  expect(["old.txt", "new.txt"].map((name) => existsSync(join(folder, name)))).toEqual([false, true]);
});

test("the key is nowhere in what the agent prints", async () => {
  const agent = await home.online();
  const key = router.peer.headers.authorization?.split(".")[2] ?? "";
  expect(key).toHaveLength(43);
  router.answer = () => ({ status: 400, body: { error: "no" } });
  await TestTerminal.attach(home, "s1");
  await agent.says("refused for good");
  router.peer.close(4003);
  expect(await agent.exited).toBe(78);
  const status = await home.run(["status"]);
  expect(agent.output + status.stdout + status.stderr).not.toContain(key);
});
