import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { isInForeground, ttyOf } from "../../agent/session/foreground.ts";
import { Pty } from "../../agent/terminal/pty.ts";
import { until } from "./agent-home.ts";

function inTerminal(file: string, args: readonly string[]): Pty {
  const pty = new Pty({ file, args, environment: { PATH: "/usr/bin:/bin" }, size: { columns: 80, rows: 24 } });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  return pty;
}

test("a program alone in its terminal is in front, and has that terminal's device", async () => {
  const pty = inTerminal("/bin/sleep", ["60"]);
  await until("it is in front", () => isInForeground(pty.pid));
  expect(ttyOf(pty.pid)).toBe(pty.path);
});

test("a shell whose job runs is not in front", async () => {
  const pty = inTerminal("/bin/sh", ["-m", "-c", "sh -c 'echo at work; exec sleep 60'; true"]);
  let shown = "";
  pty.onOutput((bytes) => (shown += bytes.toString()));
  await until("its job runs", () => shown.includes("at work"));
  expect(isInForeground(pty.pid)).toBe(false);
  expect(ttyOf(pty.pid)).toBe(pty.path);
});

test("a process without a terminal, and one that is gone, are not", async () => {
  const child = spawn("/bin/sleep", ["60"], { detached: true, stdio: "ignore" });
  const pid = child.pid ?? 0;
  await until("it has left its terminal", () => ttyOf(pid) === undefined);
  expect(isInForeground(pid)).toBe(false);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  expect([isInForeground(pid), ttyOf(pid)]).toEqual([false, undefined]);
});
