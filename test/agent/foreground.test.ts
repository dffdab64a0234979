import { spawn } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { isInForeground, ttyOf } from "../../agent/session/foreground.ts";
import { Pty } from "../../agent/terminal/pty.ts";

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
  await vi.waitFor(() => expect(isInForeground(pty.pid)).toBe(true));
  expect(ttyOf(pty.pid)).toBe(pty.path);
});

test("a shell whose job runs is not in front", async () => {
  const pty = inTerminal("/bin/sh", ["-m", "-c", "cat; echo over; cat"]);
  await vi.waitFor(() => expect(isInForeground(pty.pid)).toBe(false));
  expect(ttyOf(pty.pid)).toBe(pty.path);
});

test("a process without a terminal, and one that is gone, are not", async () => {
  const child = spawn("/bin/sleep", ["60"], { detached: true, stdio: "ignore" });
  const pid = child.pid ?? 0;
  await vi.waitFor(() => expect(ttyOf(pid)).toBeUndefined());
  expect(isInForeground(pid)).toBe(false);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  expect([isInForeground(pid), ttyOf(pid)]).toEqual([false, undefined]);
});
