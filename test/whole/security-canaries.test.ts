import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, expect, type MockInstance, test, vi } from "vitest";
import * as v from "valibot";
import { launcherPaths, writeLauncher } from "../../agent/claude/launcher.ts";
import type { Machine } from "../../agent/demo/machine.ts";
import { OWNER, startSystem } from "./system.ts";
import type { Session, System } from "./system.ts";

const CONFIG = v.object({ key: v.string() });

let system: System;
let session: Session;
/** The card of what the hook asks. */
let question: Session["message"];
/** Each `ccr-agent pair`, `notify` and `status`, whoever calls it, with what it printed. */
let commands: MockInstance<Machine["command"]>;
/** A hook of Claude Code that waits for its answer, and what it says once it has ended. */
let hook: { process: ChildProcess; output: Promise<string[]> } | undefined;

beforeAll(async () => {
  system = await startSystem({ machines: ["devbox"], online: false });
  commands = vi.spyOn(system.machine("devbox"), "command");
});
afterAll(async () => {
  hook?.process.kill();
  await system.stop();
});

/** A secret, and where it may stand. */
interface Canary {
  readonly name: string;
  readonly text: string;
  /** Files where it belongs, by the beginning of their path in the system's folder. */
  readonly mayStandIn: readonly string[];
}

/** What was said over HTTP to whoever asked wrongly. */
const bodies: string[] = [];

function configPath(): string {
  return join(system.folder, "devbox", "config", "ccr-agent", "config.json");
}

function machineKey(): string {
  return v.parse(v.pipe(v.string(), v.parseJson(), CONFIG), readFileSync(configPath(), "utf8")).key;
}

/** The codes that the bot sent, as the agent is told them and bare. */
function pairingCodes(): string[] {
  return system.telegram.calls.flatMap(({ payload }) => {
    const code = /devbox-([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(JSON.stringify(payload))?.[1];
    return code === undefined ? [] : [code, code.replace("-", "")];
  });
}

function tokenIn(message: Session["message"]): string {
  const token = /\?start=([\w-]{28})/.exec(JSON.stringify(message.entities))?.[1];
  if (token === undefined) throw new Error("the message has no token");
  return token;
}

async function ask(path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(`${system.router.url}${path}`, init);
  bodies.push(
    `${path.split("/")[1]} ${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`,
  );
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

/** Argv and environment of a process and of all that it started, and of what these started. */
function processTree(root: number): { pid: number; cmdline: string; environ: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const stat = readIfThere(`/proc/${name}/stat`);
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isIn = (pid: number): boolean => pid === root || (pid > 1 && isIn(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isIn).map((pid) => ({
    pid,
    cmdline: readIfThere(`/proc/${pid}/cmdline`),
    environ: readIfThere(`/proc/${pid}/environ`),
  }));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}

function holds(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter((canary) => text.includes(canary.text)).map(({ name }) => name);
}

/** Claude Code asks for a permission, through the launcher as it is installed. Returns when its card is in the chat. */
async function asksPermission(): Promise<Session["message"]> {
  const folder = join(system.folder, "devbox");
  const paths = launcherPaths({ XDG_DATA_HOME: join(folder, "data") });
  writeLauncher(paths, process.execPath);
  const env = { PATH: process.env["PATH"], HOME: folder, XDG_STATE_HOME: folder, CLAUDE_CODE_ENTRYPOINT: "cli" };
  const child = spawn(paths.launcher, ["PermissionRequest"], { env });
  hook = { process: child, output: Promise.all([textOf(child.stdout), textOf(child.stderr)]) };
  const tool = { tool_name: "Bash", tool_input: { command: "make the canary sing" } };
  const event = { session_id: "claude", cwd: folder, hook_event_name: "PermissionRequest", ...tool };
  child.stdin.end(JSON.stringify(event));
  return await system.botMessage("make the canary sing");
}

/** A life of the machine: paired, talked with, failed in all ways at hand, its key rotated, unpaired. */
async function live(canaries: Canary[]): Promise<void> {
  const add = (name: string, text: string, ...mayStandIn: string[]): void =>
    void canaries.push({ name, text, mayStandIn });
  const config = relative(system.folder, configPath());
  await system.pair("devbox");
  add("the first machine key", machineKey());
  add("its random part", machineKey().split(".")[2] ?? "");
  await system.startAgent("devbox");
  session = await system.openSession("devbox");
  const token = tokenIn(session.message);
  // The object that it names knows it, Telegram is sent it: nobody else.
  add("the reply token", token, "router/storage/", "telegram/");
  question = await asksPermission();
  add("the reply token of a question", tokenIn(question), "router/storage/", "telegram/");

  system.reply(session.message, "hello");
  await system.waitFor("the line", () => session.lines().includes("hello"));
  system.press(session.message, "Yes");
  await system.waitFor("the answer", () => session.lines().includes("y"));
  for (const kind of ["429", "drop"] as const) system.telegram.fault({ chatId: OWNER, kind, times: 1, retryAfter: 1 });
  for (const text of ["one", "two", "three"])
    await system.machine("devbox").command("notify", "--session", session.id, text);
  await system.botMessage("three");
  await system.machine("devbox").command("notify", "--session", "no-such-session", "hello");

  const key = machineKey();
  const { webhookSecret, webhookPathSecret } = system.secrets;
  const telegram = { "X-Telegram-Bot-Api-Secret-Token": webhookSecret };
  const agent = { Authorization: `Bearer ${key}` };
  const [code = ""] = pairingCodes();
  await ask(`/webhook/telegram/${webhookPathSecret}`, { method: "POST", body: "{}" });
  await ask(`/webhook/telegram/${webhookSecret}`, { method: "POST", headers: telegram, body: "{}" });
  await ask(`/webhook/telegram/${webhookPathSecret}`, {
    method: "POST",
    headers: telegram,
    body: `{"update_id":"${token}"}`,
  });
  await ask("/sessions", { headers: { Authorization: `Bearer ${key}x` } });
  await ask("/machines/other", { headers: agent });
  await ask("/sessions", { headers: agent });
  await ask(`/sessions/${session.id}`, { headers: agent });
  await ask("/machines/devbox/pair", { method: "POST", body: JSON.stringify({ code, keyHash: key }) });
  await ask("/sessions/register", {
    method: "POST",
    headers: agent,
    body: JSON.stringify({ sessionId: key, machineId: token }),
  });
  await ask("/notifications/send", {
    method: "POST",
    headers: agent,
    body: JSON.stringify({ sessionId: session.id, text: 1, id: key }),
  });

  await system.pair("devbox");
  add("the rotated machine key", machineKey(), config);
  add("its random part, too", machineKey().split(".")[2] ?? "", config);
  const connections = (): number => system.machine("devbox").agentLog().split(" online: ").length - 1;
  await system.waitFor("the agent is back with the new key", () => connections() === 2);
  expect(await system.machine("devbox").command("status")).toMatchObject({ status: 0 });
  await system.machine("devbox").command("pair", system.router.url, `devbox-${code}`);
  for (const text of pairingCodes()) add("a pairing code", text, "telegram/");
}

/** What every command of `ccr-agent` printed, with its name before it. */
function printed(): string[] {
  return commands.mock.settledResults.map((result, n) => {
    if (result.type !== "fulfilled")
      throw new Error(`a command did not run to its end: ${commands.mock.calls[n]?.[0]}`);
    const { status, stdout, stderr } = result.value;
    return `${commands.mock.calls[n]?.[0]} ${status} ${stdout}${stderr}`;
  });
}

test("no secret stands in a log, an answer, what a command or a hook prints, a file of the agent but its configuration, or the argv or environment of a program", async () => {
  const { botToken, webhookSecret, webhookPathSecret, machineKeySecret } = system.secrets;
  const canaries: Canary[] = [
    { name: "the bot token", text: botToken.split(":")[1] ?? "", mayStandIn: [] },
    { name: "the webhook secret", text: webhookSecret, mayStandIn: ["telegram/"] },
    { name: "the path secret", text: webhookPathSecret, mayStandIn: ["telegram/"] },
    { name: "the machine key secret", text: machineKeySecret, mayStandIn: [] },
  ];
  await live(canaries);
  expect(new Set(canaries.map(({ text }) => text)).size).toBeGreaterThanOrEqual(11);
  for (const { text } of canaries) expect(text.length).toBeGreaterThanOrEqual(8);

  // While all of them run: the agent, `run` and the program in it, a hook and its launcher.
  const log = system.machine("devbox").agentLog();
  const processes = processTree(process.pid).filter(({ pid }) => pid !== process.pid);
  for (const part of ["reading", "hook.cjs"])
    expect([part, processes.some(({ cmdline }) => cmdline.includes(part))]).toEqual([part, true]);
  for (const { pid, cmdline, environ } of processes)
    expect([pid, cmdline.slice(0, 80), holds(cmdline + environ, canaries)]).toEqual([pid, cmdline.slice(0, 80), []]);

  system.press(question, "Allow");
  const decided = await hook?.output;
  expect(decided).toEqual([expect.stringContaining("allow"), ""]);

  system.telegram.send({ chatId: OWNER, userId: OWNER, text: "/unpair devbox" });
  await system.botMessage("devbox is unpaired");
  await system.waitFor("the agent to end", () => !system.machine("devbox").agentRuns);
  await system.machine("devbox").command("status");
  const said = `${log}${system.machine("devbox").agentLog()}${session.terminal.output()}${decided?.join("")}`;
  expect(said).toContain("online: devbox");
  expect(holds(said, canaries)).toEqual([]);
  for (const start of ["pair 0", "pair 1", "notify 0", "notify 1", "status 0", "status 1"])
    expect([start, printed().some((text) => text.startsWith(start))]).toEqual([start, true]);
  for (const text of printed()) expect([text, holds(text, canaries)]).toEqual([text, []]);
  expect(bodies.length).toBeGreaterThan(5);
  for (const body of bodies) expect([body, holds(body, canaries)]).toEqual([body, []]);

  const found = new Set<string>();
  for (const path of everyFile(system.folder)) {
    const name = relative(system.folder, path);
    const held = holds(readFileSync(path, "latin1"), canaries);
    for (const one of held) found.add(one);
    const astray = canaries.filter(({ mayStandIn }) => !mayStandIn.some((place) => name.startsWith(place)));
    expect([name, held.filter((one) => astray.some((canary) => canary.name === one))]).toEqual([name, []]);
  }
  // The search does find what is there.
  expect([...found].toSorted()).toEqual([
    "a pairing code",
    "its random part, too",
    "the path secret",
    "the reply token",
    "the reply token of a question",
    "the rotated machine key",
    "the webhook secret",
  ]);
});
