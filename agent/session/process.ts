import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What Linux says of a process, from its state on: field 3 of proc_pid_stat(5) comes first, since the name before it may
 * hold anything. Null where there is no such process.
 */
export function linuxStat(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // No such process.
    return null;
  }
}

function linuxStart(pid: number): string | null {
  const fields = linuxStat(pid);
  if (fields === null) return null;
  // The state is field 3, the start field 22.
  const [state, start] = [fields[0], fields[19]];
  return state === "Z" || state === "X" ? null : (start ?? null);
}

/**
 * When a process started, in the words of its operating system; null where it is gone. The number and this together
 * name a process for good: numbers are given again.
 */
export function processStart(pid: number): string | null {
  if (process.platform === "linux") return linuxStart(pid);
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", timeout: 5_000 }).trim();
    return text === "" ? null : text;
  } catch {
    // `ps` exits with 1 where there is no such process.
    return null;
  }
}
