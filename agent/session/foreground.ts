import { execFileSync } from "node:child_process";
import { linuxStat } from "./process.ts";

/**
 * Whether a process is in the foreground of its terminal: what is typed there goes to the foreground's group of
 * processes. False where it has no terminal, or is gone.
 */
export function isInForeground(pid: number): boolean {
  const groups = process.platform === "linux" ? linuxGroups(pid) : psGroups(pid);
  return groups !== null && groups.own > 0 && groups.own === groups.foreground;
}

type Groups = { own: number; foreground: number };

function linuxGroups(pid: number): Groups | null {
  // Fields 3 (state), ppid (4), pgrp (5), session (6), tty_nr (7), tpgid (8).
  const fields = linuxStat(pid);
  return fields === null ? null : { own: Number(fields[2]), foreground: Number(fields[5]) };
}

function psGroups(pid: number): Groups | null {
  try {
    const text = execFileSync("ps", ["-o", "pgid=,tpgid=", "-p", String(pid)], { encoding: "utf8", timeout: 5_000 });
    const [own, foreground] = text.trim().split(/\s+/).map(Number);
    return own === undefined || foreground === undefined ? null : { own, foreground };
  } catch {
    // `ps` exits with 1 where there is no such process.
    return null;
  }
}

/** The terminal device of a process, `/dev/pts/3`; undefined where it has none. */
export function ttyOf(pid: number): string | undefined {
  try {
    const name = execFileSync("ps", ["-o", "tty=", "-p", String(pid)], { encoding: "utf8", timeout: 5_000 }).trim();
    return name === "" || name.startsWith("?") ? undefined : `/dev/${name}`;
  } catch {
    // `ps` exits with 1 where there is no such process.
    return undefined;
  }
}
