import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { launcherPaths, writeLauncher } from "../../../agent/claude/launcher.ts";
import { LINE_BYTES } from "../../../agent/control/messages.ts";
import { controlSocketPath } from "../../../agent/control/socket-path.ts";
import { matching } from "../matching.ts";

/** A daemon as far as hooks see it. */
class Listener {
  readonly lines: string[] = [];
  readonly sockets: Socket[] = [];
  #server: Server = createServer();
  reply = "";

  async listen(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      let received = "";
      socket.on("error", () => {});
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        received += chunk;
        if (!received.endsWith("\n")) return;
        this.lines.push(received);
        if (this.reply !== "") socket.write(this.reply);
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(path, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

let home = "";
let node = "";
const daemon = new Listener();
const started: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "ccr-launcher-"));
  node = join(home, "node");
  symlinkSync(process.execPath, node);
  writeLauncher(launcherPaths(environment()), node);
  daemon.lines.length = 0;
  daemon.reply = "";
});

afterEach(async () => {
  for (const child of started) child.kill("SIGTERM");
  started.length = 0;
  await daemon.close();
  rmSync(home, { recursive: true });
});

function environment(): Record<string, string> {
  return { HOME: home, PATH: "/usr/bin:/bin", CLAUDE_CODE_ENTRYPOINT: "cli" };
}

type Ended = { code: number | null; stdout: string; stderr: string };

function start(
  event: string,
  input: object,
  env: Record<string, string> = {},
): { child: ChildProcess; end: Promise<Ended> } {
  const child = spawn(launcherPaths(environment()).launcher, [event], { env: { ...environment(), ...env } });
  started.push(child);
  // It may leave before it has read anything.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(input));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const end = Promise.all([code, text(child.stdout), text(child.stderr)]);
  return { child, end: end.then(([status, stdout, stderr]) => ({ code: status, stdout, stderr })) };
}

const SILENT: Ended = { code: 0, stdout: "", stderr: "" };
const PERMISSION = { session_id: "s1", hook_event_name: "PermissionRequest", tool_name: "Bash" };

async function lines(count: number): Promise<void> {
  await expect.poll(() => daemon.lines.length, { timeout: 10_000 }).toBe(count);
}

test("an event reaches the daemon with what tells where the session sits", async () => {
  await daemon.listen(controlSocketPath(environment()));
  const input = { session_id: "s1", hook_event_name: "Stop", last_assistant_message: "Grüße 👋\nEnde" };
  const env = {
    TMUX: "/tmp/t,1,0",
    TMUX_PANE: "%3",
    NVIM: "/tmp/nvim",
    CCR_SESSION: "s0",
    CLAUDE_CONFIG_DIR: "/etc/claude",
  };
  expect(await start("Stop", input, { ...env, SECRET: "hidden" }).end).toEqual(SILENT);

  await lines(1);
  expect(JSON.parse(daemon.lines[0] ?? "")).toEqual({
    type: "hook",
    requestId: matching(/^[0-9a-z]{8,16}$/),
    event: "Stop",
    claudePid: process.pid,
    env: { ...env, CLAUDE_CODE_ENTRYPOINT: "cli", HOME: home },
    input,
  });
});

test("a decision is printed as the daemon gave it", async () => {
  await daemon.listen(controlSocketPath(environment()));
  daemon.reply = `{"type":"hold"}\n{"type":"hooked","output":"{\\"decision\\":\\"block\\"}"}\n`;
  expect(await start("UserPromptExpansion", PERMISSION).end).toEqual({ ...SILENT, stdout: '{"decision":"block"}' });
});

test.each([
  ["no decision", '{"type":"hooked","requestId":"x"}\n'],
  ["an error", '{"type":"error","error":"no"}\n'],
  ["nonsense", "][\n"],
])("%s from the daemon prints nothing", async (_, reply) => {
  await daemon.listen(controlSocketPath(environment()));
  daemon.reply = reply;
  expect(await start("PermissionRequest", PERMISSION).end).toEqual(SILENT);
});

test("a daemon that says nothing does not keep Claude", async () => {
  await daemon.listen(controlSocketPath(environment()));
  expect(await start("PermissionRequest", PERMISSION).end).toEqual(SILENT);
});

test("a question outlives a restart of the daemon, under the same id", async () => {
  const path = controlSocketPath(environment());
  await daemon.listen(path);
  daemon.reply = '{"type":"hold"}\n';
  const hook = start("PermissionRequest", PERMISSION);
  await lines(1);
  await daemon.close();
  daemon.reply = '{"type":"hold"}\n{"type":"hooked","output":"{}"}\n';
  await daemon.listen(path);

  expect(await hook.end).toEqual({ ...SILENT, stdout: "{}" });
  const ids = daemon.lines.map((line) => /"requestId":"(\w+)"/.exec(line)?.[1]);
  expect(ids[0]).toBe(ids[1]);
});

test("what is held back from the terminal waits for a daemon that restarts, and not for one that stays away", async () => {
  const path = controlSocketPath(environment());
  await daemon.listen(path);
  daemon.reply = '{"type":"hold"}\n';
  const hook = start("PreToolUse", PERMISSION);
  await lines(1);
  await daemon.close();
  await daemon.listen(path);
  await lines(2);
  const gone = Date.now();
  await daemon.close();
  expect(await hook.end).toEqual(SILENT);
  expect(Date.now() - gone).toBeGreaterThan(9_000);
}, 30_000);

test("a hook that Claude ends takes its connection along", async () => {
  await daemon.listen(controlSocketPath(environment()));
  daemon.reply = '{"type":"hold"}\n';
  const hook = start("PermissionRequest", PERMISSION);
  await lines(1);
  const closed = new Promise((resolve) => daemon.sockets.at(-1)?.once("close", resolve));
  hook.child.kill("SIGTERM");
  expect(await hook.end).toEqual(SILENT);
  await closed;
});

test("an event that is too long for a line is shortened, and results of tools are left out", async () => {
  await daemon.listen(controlSocketPath(environment()));
  const content = "ü".repeat(LINE_BYTES);
  const input = { hook_event_name: "PermissionRequest", tool_input: { content }, tool_response: content };
  daemon.reply = '{"type":"hooked"}\n';
  expect(await start("PermissionRequest", input).end).toEqual(SILENT);

  const line = daemon.lines[0] ?? "";
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_BYTES);
  expect(JSON.parse(line)).toMatchObject({ shortened: true, input: { tool_input: { content: /more characters/ } } });
  expect(line).not.toContain("tool_response");
});

test("without a daemon it leaves in silence", async () => {
  expect(await start("PermissionRequest", PERMISSION).end).toEqual(SILENT);
});

test("a socket that a killed daemon left behind changes nothing", async () => {
  const path = controlSocketPath(environment());
  const child = spawn(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(path)},()=>process.kill(process.pid,"SIGKILL"))`,
  ]);
  mkdirSync(dirname(path), { recursive: true });
  await new Promise((resolve) => child.once("close", resolve));
  expect(await start("Stop", PERMISSION).end).toEqual(SILENT);
});

test("without its Node it takes the one in PATH, and without any it leaves in silence", async () => {
  await daemon.listen(controlSocketPath(environment()));
  renameSync(node, join(home, "gone"));
  expect(await start("Stop", PERMISSION, { PATH: "/nowhere" }).end).toEqual(SILENT);
  expect(daemon.lines).toEqual([]);

  mkdirSync(join(home, "bin"));
  symlinkSync(process.execPath, join(home, "bin/node"));
  expect(await start("Stop", PERMISSION, { PATH: join(home, "bin") }).end).toEqual(SILENT);
  await lines(1);
});

test("a Node that cannot start says nothing either", async () => {
  await daemon.listen(controlSocketPath(environment()));
  rmSync(node);
  writeFileSync(node, "#!/bin/sh\necho broken >&2\nexit 127\n", { mode: 0o755 });
  expect(await start("Stop", PERMISSION).end).toEqual(SILENT);
});

test("with the agent removed it leaves in silence", async () => {
  await daemon.listen(controlSocketPath(environment()));
  rmSync(launcherPaths(environment()).entry);
  expect(await start("Stop", PERMISSION).end).toEqual(SILENT);
  expect(daemon.lines).toEqual([]);
});

test("a session without a person is none of ours", async () => {
  await daemon.listen(controlSocketPath(environment()));
  expect(await start("Stop", PERMISSION, { CLAUDE_CODE_ENTRYPOINT: "sdk-cli" }).end).toEqual(SILENT);
  expect(daemon.lines).toEqual([]);
});

test.each([{}, { XDG_STATE_HOME: "relative" }, { XDG_STATE_HOME: "state" }])(
  "the daemon is found where it listens, with %o",
  async (extra) => {
    const env = extra.XDG_STATE_HOME === "state" ? { XDG_STATE_HOME: join(home, "state") } : extra;
    await daemon.listen(controlSocketPath({ ...environment(), ...env }));
    expect(await start("Stop", PERMISSION, env).end).toEqual(SILENT);
    await lines(1);
  },
);
