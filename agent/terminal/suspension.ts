import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { LocalTerminal } from "./local-terminal.ts";
import type { Pty } from "./pty.ts";

/** Ctrl-Z, as a character and in the keyboard protocol of kitty. */
const CTRL_Z = ["\u001a", "\u001b[122;5u"];

/** When a program is looked at after a Ctrl-Z, in milliseconds one after the other: it may tidy its screen first. */
const LOOKS = [50, 150, 300, 1_000];

/**
 * Lets a program be stopped with Ctrl-Z. No shell sees the program inside, so one that stops itself would leave a dead
 * terminal: we stop as well, for the shell that started us, and `fg` continues both.
 *
 * @returns how to end that.
 */
export function suspendTogether(pty: Pty, local: LocalTerminal, input: Readable): () => void {
  const typed = (bytes: Buffer): void => {
    const text = bytes.toString("latin1");
    if (local.isTerminal && CTRL_Z.some((keys) => text.includes(keys))) void follow();
  };
  // The shell that had the terminal meanwhile has set it as it likes.
  const resume = (): void => {
    local.resume();
    pty.signal("SIGCONT");
  };
  const follow = async (): Promise<void> => {
    for (const wait of LOOKS) {
      await delay(wait, undefined, { ref: false });
      if (pty.ended) return;
      if (!isStopped(pty.pid)) continue;
      local.suspend();
      // To our whole process group, as the kernel does at a Ctrl-Z. Where no shell could continue us it is ignored.
      process.kill(0, "SIGTSTP");
      return resume();
    }
  };
  input.on("data", typed);
  process.on("SIGCONT", resume);
  return () => {
    input.off("data", typed);
    process.off("SIGCONT", resume);
  };
}

function isStopped(pid: number): boolean {
  return processState(pid).startsWith("T");
}

function processState(pid: number): string {
  if (process.platform !== "linux")
    return spawnSync("ps", ["-o", "state=", "-p", String(pid)])
      .stdout.toString()
      .trim();
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The state follows the name, which stands in parentheses and may hold any (proc_pid_stat(5)).
    return stat.slice(stat.lastIndexOf(")") + 2);
  } catch {
    // It has just ended.
    return "";
  }
}
