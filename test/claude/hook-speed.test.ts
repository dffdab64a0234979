import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launcherPaths, writeLauncher } from "../../agent/claude/launcher.ts";
import { controlSocketPath } from "../../agent/control/socket-path.ts";
import { until } from "./support/until.ts";

/** Rounds; in each, every way is taken once, so that a busy machine slows all of them down. */
const ROUNDS = 41;

/**
 * A hook is to take at most 1.5 times as long as a Node that does nothing. That is for `npm run bench` on a quiet
 * machine to say; here fails what loads more than it needs, which takes several times as long on any.
 */
const MOST = 2.5;

/** A daemon that decides at once, in a process of its own: this one waits for the hooks. */
const DAEMON = `require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => socket.writable && socket.write('{"type":"hooked","output":"{}"}\\n'));
}).listen(process.argv[1])`;

const home = mkdtempSync(join(tmpdir(), "ccr-speed-"));
const env = { HOME: home, PATH: "/usr/bin:/bin", CLAUDE_CODE_ENTRYPOINT: "cli" };
const input = JSON.stringify({ session_id: "s1", hook_event_name: "Stop", last_assistant_message: "x".repeat(4_000) });
let daemon: ChildProcess;

beforeAll(async () => {
  const path = controlSocketPath(env);
  mkdirSync(dirname(path), { recursive: true });
  daemon = spawn(process.execPath, ["-e", DAEMON, path]);
  await until("the daemon listens", () => existsSync(path));
  writeLauncher(launcherPaths(env), process.execPath);
});

afterAll(() => {
  daemon.kill();
  rmSync(home, { recursive: true });
});

/** Milliseconds from the start of a program to its end. */
function time(command: string, args: readonly string[], more: Record<string, string> = {}): number {
  const start = performance.now();
  spawnSync(command, args, { input, env: { ...env, ...more } });
  return performance.now() - start;
}

/** A busy machine only adds time, and more where more processes take part: a quarter of the rounds was spared that. */
function lowerQuartile(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] ?? 0;
}

test("a hook starts Node once and loads next to nothing, and without a daemon it does not even start Node", () => {
  const { launcher } = launcherPaths(env);
  const ways = {
    "node -e 0": () => time(process.execPath, ["-e", "0"]),
    "an event that is told": () => time(launcher, ["Stop"]),
    "an event that is decided": () => time(launcher, ["UserPromptExpansion"]),
    "no daemon": () => time(launcher, ["Stop"], { XDG_STATE_HOME: join(home, "none") }),
    "claude -p": () => time(launcher, ["Stop"], { CLAUDE_CODE_ENTRYPOINT: "sdk-cli" }),
  };
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, way] of Object.entries(ways)) times.get(name)?.push(way());
  }
  const typical = Object.fromEntries([...times].map(([name, all]) => [name, lowerQuartile(all)]));
  const node = typical["node -e 0"] ?? 0;
  const rows = Object.entries(typical).map(([name, ms]) => [
    name,
    { ms: ms.toFixed(1), times: (ms / node).toFixed(2) },
  ]);
  console.table(Object.fromEntries(rows));

  expect(typical["an event that is told"]).toBeLessThan(node * MOST);
  expect(typical["an event that is decided"]).toBeLessThan(node * MOST);
  expect(typical["no daemon"]).toBeLessThan(node / 2);
  expect(typical["claude -p"]).toBeLessThan(node / 2);
});
