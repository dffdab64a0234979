import { rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AgentProcess, type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { commandId, type StandInRouter, textCommand } from "./stand-in-router.ts";
import { cutTail, garble, garbleTail } from "./torn-log.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function file(ending: string): string {
  return join(home.stateFolder, `agent.db${ending}`);
}

/** An agent that was killed while it typed `deploy`. */
async function killedWhileTyping(): Promise<void> {
  const agent = await home.online();
  const stuck = await TestTerminal.attach(home, "s1", { answers: false });
  await until("its registration is told", () => router.bodies("/sessions/register").length === 1);
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("the order to type", () => stuck.typed.length === 1);
  await agent.kill("SIGKILL");
}

function outcomes(): unknown[] {
  return router.peers.flatMap((peer) => peer.of("commandResult")).map(({ id, outcome }) => [id, outcome]);
}

/** What the router does with it next: the same journal is sent again what has no outcome, another one is not. */
async function goesOn(): Promise<TestTerminal> {
  const before = router.peers[0]?.hello?.journalEpoch;
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  if (router.peer.hello?.journalEpoch === before) router.peer.send(textCommand(1, "s1", "deploy"));
  router.peer.send(textCommand(2, "s1", "next"));
  await until("the next command is typed", () => terminal.typed.includes("next"));
  return terminal;
}

test.each([
  ["nothing of its journal is lost", () => {}],
  ["the last frame of its journal is garbled", () => garbleTail(file("-wal"), 2_000)],
  ["the last bytes of its journal are cut off", () => truncateSync(file("-wal"), statSync(file("-wal")).size - 100)],
  ["the last frame of its journal is cut off", () => cutTail(file("-wal"), 1)],
  ["the last frames of its journal are cut off", () => cutTail(file("-wal"), 4)],
  ["all of its journal is cut off but the beginning", () => cutTail(file("-wal"), 1_000)],
])("killed while it types, and %s: it is never typed again", async (_, tear) => {
  await killedWhileTyping();
  tear();
  expect((await goesOn()).typed).toEqual(["next"]);
});

test("an agent whose journal lost its end says so by another epoch, and knows nothing of what waits in it", async () => {
  await killedWhileTyping();
  cutTail(file("-wal"), 3);
  await goesOn();
  expect(router.peer.hello?.journalEpoch).not.toBe(router.peers[0]?.hello?.journalEpoch);
  const known = outcomes().filter((result) => JSON.stringify(result).includes(commandId(1)));
  expect(known.every((result) => JSON.stringify(result).includes("unknown"))).toBe(true);
});

test("only the answer of the terminal is lost: the command is unknown, and the journal the same", async () => {
  const agent = await home.online();
  router.storesResults = false;
  const terminal = await TestTerminal.attach(home, "s1");
  await until("its registration is told", () => router.bodies("/sessions/register").length === 1);
  router.peer.send(textCommand(1, "s1", "deploy"));
  await until("its result", () => outcomes().length === 1);
  await agent.kill("SIGKILL");
  cutTail(file("-wal"), 1);
  router.storesResults = true;
  await goesOn();
  expect(terminal.typed).toEqual(["deploy"]);
  expect(outcomes()[1]).toEqual([commandId(1), "unknown"]);
  expect(router.peer.hello?.journalEpoch).toBe(router.peers[0]?.hello?.journalEpoch);
});

/** Puts all into the database itself, and damages it there. */
async function stoppedAndDamaged(damage: () => void): Promise<AgentProcess> {
  const agent = await home.online();
  await TestTerminal.attach(home, "s1");
  await until("its registration is told", () => router.bodies("/sessions/register").length === 1);
  for (const n of [1, 2, 3]) router.peer.send(textCommand(n, "s1", `${n} ${"x".repeat(20_000)}`));
  await until("their results", () => outcomes().length === 3);
  await agent.kill("SIGTERM");
  damage();
  return home.start();
}

test.each([
  ["its first bytes", () => garble(file(""), 0, 50)],
  ["a page in its middle", () => garble(file(""), 4_096, 4_096)],
  ["its last pages, cut off", () => truncateSync(file(""), statSync(file("")).size - 2 * 4_096)],
])("a database that is damaged (%s) is refused with what to do, and the agent types nothing", async (_, damage) => {
  const agent = await stoppedAndDamaged(damage);
  expect(await agent.exited).toBe(1);
  expect(agent.output).toContain(`move ${file("")}* away, and start it again`);
  expect(router.peers).toHaveLength(1);
});

test("after that remedy the agent works again, under another epoch", async () => {
  const agent = await stoppedAndDamaged(() => garble(file(""), 4_096, 4_096));
  await agent.exited;
  for (const ending of ["", "-wal", "-shm", ".typings"]) rmSync(file(ending), { force: true });
  await home.online();
  expect(router.peer.hello?.journalEpoch).not.toBe(router.peers[0]?.hello?.journalEpoch);
});
