import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { controlSocketPath } from "../../agent/control/socket-path.ts";
import { PATIENCE, runAtDesk, RUN, Desk, temporaryFolder } from "./run-harness.ts";
import { StandInDaemon } from "./stand-in-daemon.ts";

vi.setConfig({ testTimeout: 30_000 });

test("run attaches its session with what the daemon needs to know of it", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder);
  const desk = runAtDesk(folder, ["--session", "s1", "--label", "api", "--", "sh", "-c", "echo pid=$$.; exec cat"]);
  const pid = Number(/pid=(\d+)/.exec(await desk.shows(/pid=\d+\./))?.[1]);
  const [attach] = await daemon.attached();
  expect(attach).toEqual({
    type: "attach",
    sessionId: "s1",
    label: "api",
    program: "sh",
    pid,
    claim: attach?.claim,
  });
  expect(attach?.claim).toBeLessThan(10_000);
});

test("a session without a name is called after its folder and branch, and gets an id of its own", async () => {
  const folder = await temporaryFolder();
  const repository = join(folder, "api");
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", repository]);
  const daemon = await StandInDaemon.start(folder);
  const run = (): Desk =>
    new Desk("/bin/sh", ["-c", `cd ${repository}; exec ${process.execPath} ${RUN} -- cat`], { XDG_STATE_HOME: folder });
  run();
  run();
  const [first, second] = await daemon.attached(2);
  expect(first?.label).toBe("api (main)");
  expect(first?.sessionId).not.toBe(second?.sessionId);
});

test("run joins a daemon that appears later", async () => {
  const folder = await temporaryFolder();
  const desk = runAtDesk(folder, ["--", "sh", "-c", "echo up; exec cat"]);
  await desk.shows("up");
  const daemon = await StandInDaemon.start(folder);
  await daemon.attached();
  await daemon.order({ type: "type", text: "hello", kind: "text" });
  await desk.shows("hello\r\nhello\r\n");
});

test("an order that is found after its time is given up, and the next one is typed", async () => {
  const folder = await temporaryFolder();
  const desk = runAtDesk(folder, ["--", "sh", "-c", "echo up; exec cat"]);
  await desk.shows("up");
  const daemon = await StandInDaemon.start(folder);
  await daemon.attached();
  const late = await daemon.order({ type: "type", text: "late", kind: "text", before: Date.now() - 1 });
  expect(late).toMatchObject({ status: "failed" });
  await daemon.order({ type: "type", text: "in time", kind: "text", before: Date.now() + 60_000 });
  await desk.shows("in time\r\nin time\r\n");
  expect(desk.shown).not.toContain("late");
});

test("run survives the daemon's restart: the same session, with a claim that has grown", async () => {
  const folder = await temporaryFolder();
  const before = await StandInDaemon.start(folder);
  const desk = runAtDesk(folder, ["--", "cat"]);
  const [first] = await before.attached();
  await before.stop();
  desk.pty.write("meanwhile\r");
  await desk.shows("meanwhile\r\nmeanwhile\r\n");

  const after = await StandInDaemon.start(folder);
  const [second] = await after.attached();
  expect(second?.sessionId).toBe(first?.sessionId);
  expect(second?.claim).toBeGreaterThan(first?.claim ?? Infinity);
  await after.order({ type: "type", text: "hello again", kind: "text" });
  await desk.shows("hello again\r\nhello again\r\n");
  expect(desk.shown).toBe("meanwhile\r\nmeanwhile\r\nhello again\r\nhello again\r\n");
});

test("a socket that a killed daemon left behind is no obstacle", async () => {
  const folder = await temporaryFolder();
  const path = controlSocketPath({ XDG_STATE_HOME: folder });
  mkdirSync(dirname(path), { recursive: true });
  const left = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", left])).toThrow("SIGKILL");
  const desk = runAtDesk(folder, ["--", "sh", "-c", "echo up; exec cat"]);
  await desk.shows("up");
  rmSync(path);
  const daemon = await StandInDaemon.start(folder);
  await daemon.attached();
});

test("the end of the program ends the session", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder);
  const desk = runAtDesk(folder, ["--session", "s1", "--", "sh", "-c", "read -r x"]);
  await daemon.attached();
  desk.pty.write("\r");
  await desk.ended;
  expect(await daemon.hears("detach")).toEqual({ type: "detach", sessionId: "s1", reason: "exited" });
});

test("a daemon that hangs does not hold up the end", async () => {
  const folder = await temporaryFolder();
  const path = controlSocketPath({ XDG_STATE_HOME: folder });
  mkdirSync(dirname(path), { recursive: true });
  const heard = vi.fn<() => void>();
  // It never ends its side of a connection.
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).on("data", heard));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  const desk = runAtDesk(folder, ["--", "sh", "-c", "read -r x"]);
  await vi.waitFor(() => expect(heard).toHaveBeenCalled(), PATIENCE);
  desk.pty.write("\r");
  expect(await desk.ended).toMatchObject({ exitCode: 0 });
});

test("why a daemon does not take the session is told once the program has ended, not before", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder, (message) =>
    message.type === "attach" ? { type: "error", error: "the session runs on another machine" } : undefined,
  );
  const desk = runAtDesk(folder, ["--", "sh", "-c", "read -r x; echo bye"]);
  await daemon.attached();
  desk.pty.write("\r");
  await desk.ended;
  expect(desk.shown).toBe(
    "\r\nbye\r\nccr-agent: this session could not be reached: the session runs on another machine\r\n",
  );
});

test("lines that make no sense change nothing; an order that makes none is answered so", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder);
  const desk = runAtDesk(folder, ["--", "cat"]);
  await daemon.attached();
  daemon.say('no json\n[]\n{}\n{"type":"from the future"}\n{"type":"key","requestId":"r1"}\n');
  expect(await daemon.hears("done")).toMatchObject({ requestId: "r1", status: "failed" });
  await daemon.order({ type: "type", text: "hello", kind: "text" });
  await desk.shows("hello\r\nhello\r\n");
});
