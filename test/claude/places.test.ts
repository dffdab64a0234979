import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findPlace } from "../../agent/claude/places.ts";
import { ttyOf } from "../../agent/session/foreground.ts";
import { Pty } from "../../agent/terminal/pty.ts";
import { type Pane, TmuxServer } from "./support/tmux-server.ts";
import { until } from "./support/until.ts";

let folder: string;
let tmux: TmuxServer;
let pane: Pane;
/** What a program in the pane inherits. */
let env: { TMUX: string; TMUX_PANE: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ccr-places-"));
  const given = { PATH: process.env["PATH"] ?? "", HOME: folder, TERM: "xterm-256color", LANG: "C.UTF-8" };
  ({ tmux, pane } = await TmuxServer.start({ command: ["sleep", "600"], cwd: folder, env: given }));
  const socket = await tmux.run(["display-message", "-p", "#{socket_path}"]);
  env = { TMUX: `${socket},1,0`, TMUX_PANE: pane.id };
});

afterAll(async () => {
  await tmux.stop();
  rmSync(folder, { recursive: true });
});

/** A program in a terminal of its own, as under `ccr-agent run`. */
async function inTerminal(): Promise<Pty> {
  const pty = new Pty({ file: "/bin/sleep", args: ["60"], environment: {}, size: { columns: 80, rows: 24 } });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  await until("it has its terminal", () => ttyOf(pty.pid) === pty.path);
  return pty;
}

const noRun = (): undefined => undefined;

test("a program in a pane of tmux is in that pane", async () => {
  const [socket] = env.TMUX.split(",");
  expect(await findPlace(env, await pane.pid(), noRun)).toEqual({ kind: "tmux", socket, pane: pane.id });
});

test("a run inside tmux: the run is the innermost", async () => {
  const pty = await inTerminal();
  const place = await findPlace({ ...env, CCR_SESSION: "r1" }, pty.pid, (id) => (id === "r1" ? pty.pid : undefined));
  expect(place).toEqual({ kind: "run", sessionId: "r1" });
});

test("tmux inside a run: the pane is the innermost", async () => {
  const outer = await inTerminal();
  const place = await findPlace({ ...env, CCR_SESSION: "r1" }, await pane.pid(), () => outer.pid);
  expect(place).toMatchObject({ kind: "tmux", pane: pane.id });
});

test.each([
  ["a pane that is gone", () => ({ ...env, TMUX_PANE: "%99" })],
  ["a tmux that is gone", () => ({ ...env, TMUX: "/nowhere/tmux,1,0" })],
  ["an nvim that is gone", () => ({ NVIM: "/nowhere/nvim.sock" })],
  ["a run that is not known", () => ({ CCR_SESSION: "r1" })],
  ["nothing", () => ({})],
])("in a terminal of its own, with variables of %s, it can't be typed into", async (_, variables) => {
  expect(await findPlace(variables(), (await inTerminal()).pid, noRun)).toEqual({ kind: "none" });
});

test("a program without a terminal can't be typed into, whatever it inherited", async () => {
  const child = spawn("/bin/sleep", ["60"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  await until("it has left the terminal", () => ttyOf(pid) === undefined);
  expect(await findPlace({ ...env, CCR_SESSION: "r1" }, pid, () => pid)).toEqual({ kind: "none" });
});
