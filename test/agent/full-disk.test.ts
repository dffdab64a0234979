import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Pty } from "../../agent/terminal/pty.ts";
import { type AgentHome, type AgentProcess, TestTerminal, until } from "./agent-home.ts";
import { ClaudeInTerminal } from "./claude-in-terminal.ts";
import { homeForEach } from "./home-for-each.ts";
import { containing, someText } from "./matchers.ts";
import { Desk } from "./run-harness.ts";
import { type StandInRouter, textCommand } from "./stand-in-router.ts";

const MAIN = join(import.meta.dirname, "../../agent/main.ts");
const SMALL_DISK = pathToFileURL(join(import.meta.dirname, "fixtures/small-disk.ts"));
/** Not a byte can be written. */
const NOTHING = "nothing";
/** Too long for what is left in the pages that are there. */
const LONG = "x".repeat(60_000);

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function marker(): string {
  return join(home.folder, "full");
}

function fillDisk(left = ""): void {
  writeFileSync(marker(), left);
}

function makeRoom(): void {
  rmSync(marker());
}

function start(): AgentProcess {
  return home.start({ NODE_OPTIONS: `--import ${SMALL_DISK.href}`, SMALL_DISK: marker() });
}

async function running(): Promise<{ agent: AgentProcess; terminal: TestTerminal }> {
  const agent = start();
  await agent.says("online: devbox");
  const terminal = await TestTerminal.attach(home, "s1");
  await until("its registration is told", () => router.bodies("/sessions/register").length === 1);
  return { agent, terminal };
}

test("a command that finds no room is neither answered nor typed, the status says why, and with room it is typed once", async () => {
  const { agent, terminal } = await running();
  const [first] = router.peers;
  fillDisk();
  router.welcomes = false;
  router.unfinished = [textCommand(1, "s1", LONG), textCommand(2, "s1", "short")];
  for (const command of router.unfinished) first?.send(command);
  await until("the connection is dropped", () => first?.closed !== null);
  const remedy = `database or disk is full: make room on the disk of ${home.stateFolder}`;
  await agent.says(remedy);
  const status = await home.run(["status"]);
  expect(status).toMatchObject({ status: 1, stdout: containing(`offline: the journal cannot be written: ${remedy}`) });
  await until("it comes back", () => router.peers.at(-1) !== first && router.peers.at(-1)?.hello !== undefined);
  router.welcomes = true;
  router.peer.welcome(router);
  // Dropped again, and nothing was said of either: the second may not overtake the first.
  await until("and again", () => router.peers.length >= 3);
  expect(router.peers.flatMap((peer) => peer.frames.map(({ type }) => type))).not.toContain("journaled");
  expect(terminal.typed).toEqual([]);
  makeRoom();
  await until("both are answered", () => router.unfinished.length === 0);
  expect(terminal.typed).toEqual([LONG, "short"]);
});

test("a notification that finds no room is refused to whoever sends it; with room it is told once", async () => {
  const { agent } = await running();
  fillDisk();
  const send = (text: string) => home.run(["notify", "-"], { env: { CCR_SESSION: "s1" }, input: text });
  expect(await send(LONG)).toMatchObject({ status: 1, stderr: containing("database or disk is full") });
  await agent.says("database or disk is full");
  makeRoom();
  expect(await send(LONG)).toMatchObject({ status: 0 });
  expect(await send("after it")).toMatchObject({ status: 0 });
  await until("both are told", () => router.bodies("/notifications/send").length >= 2);
  expect(router.bodies("/notifications/send")).toMatchObject([{ text: LONG }, { text: "after it" }]);
});

test("a session that the agent finds no room for is taken in once there is room", async () => {
  const agent = start();
  await agent.says("online: devbox");
  fillDisk(NOTHING);
  const desk = new Desk(process.execPath, [MAIN, "run", "--session", "s1", "--", "cat"], home.env);
  await agent.says("database or disk is full");
  makeRoom();
  await agent.says("terminal of s1 is here");
  router.peer.send(textCommand(1, "s1", "go on"));
  await desk.shows("go on\r\ngo on\r\n");
});

/** A `run` with Claude Code in it, as far as the agent is told: a process in a terminal, and its hooks. */
async function claudeRunning(agent: AgentProcess): Promise<{ claude: ClaudeInTerminal; terminal: TestTerminal }> {
  await agent.says("online: devbox");
  const environment = { PATH: home.env["PATH"] ?? "" };
  const pty = new Pty({ file: "sleep", args: ["600"], environment, size: { columns: 80, rows: 24 } });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  const terminal = await TestTerminal.attach(home, "s1", { pid: pty.pid });
  const claude = new ClaudeInTerminal(home, pty.pid, { CCR_SESSION: "s1" });
  await claude.tells({ hook_event_name: "SessionStart", source: "startup" });
  await until("both are told", () => router.bodies("/sessions/register").length === 2);
  return { claude, terminal };
}

function cards(): unknown[] {
  return router.bodies("/notifications/send");
}

test("a question for which there is no room waits, and comes to the phone as soon as there is", async () => {
  const agent = start();
  const { claude } = await claudeRunning(agent);
  fillDisk();
  const questions = [{ question: `Which? ${LONG}`, options: [{ label: "Blue" }, { label: "Red" }] }];
  const asked = await claude.asks({ tool_name: "AskUserQuestion", tool_input: { questions } });
  await agent.says("database or disk is full");
  makeRoom();
  await until("its card", () => cards().length === 1);
  const [card] = cards();
  expect(card).toMatchObject({ sessionId: claude.sessionId, question: { nonce: someText() } });
  expect(asked.open).toBe(true);
});

test("a question that is answered at the terminal while nothing can be written is closed on the phone later", async () => {
  const agent = home.start();
  const { claude, terminal } = await claudeRunning(agent);
  const asked = await claude.asks({ tool_name: "Bash", tool_input: { command: "make" } });
  await until("its card", () => cards().length === 1);
  const lock = new DatabaseSync(join(home.stateFolder, "agent.db"), { timeout: 5_000 });
  lock.exec("BEGIN IMMEDIATE");
  terminal.screen = claude.box;
  await agent.says("the journal cannot be written");
  expect([asked.open, router.bodies("/questions/close")]).toEqual([false, []]);
  lock.close();
  await until("it is closed", () => router.bodies("/questions/close").length > 0);
  expect(router.bodies("/questions/close")).toMatchObject([{ sessionId: claude.sessionId, by: "at the terminal" }]);
  expect(agent.child.exitCode).toBeNull();
});

test("an agent that finds no room for its journal does not start, and says what to do", async () => {
  fillDisk();
  const agent = start();
  expect(await agent.exited).toBe(1);
  expect(agent.output).toContain(`make room on the disk of ${home.stateFolder}`);
  expect(router.upgrades).toBe(0);
});
