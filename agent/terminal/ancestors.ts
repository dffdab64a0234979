import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A tree of processes is shallow; a circle in a list that changed while it was read must not be followed for ever. */
const DEEPEST = 64;

/** A process and those above it, the nearest first. Only the process itself where the list cannot be read. */
export async function ancestors(pid: number): Promise<number[]> {
  const parents = await parentsOfAll();
  const line = [pid];
  for (let up = parents.get(pid); up !== undefined && up > 1 && line.length < DEEPEST; up = parents.get(up)) {
    line.push(up);
  }
  return line;
}

async function parentsOfAll(): Promise<ReadonlyMap<number, number>> {
  try {
    // The same on Linux and macOS (POSIX).
    const { stdout } = await execute("ps", ["-A", "-o", "pid=", "-o", "ppid="], { maxBuffer: 16 * 1024 * 1024 });
    return new Map(
      [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm)].map(([, pid, parent]) => [Number(pid), Number(parent)] as const),
    );
  } catch {
    return new Map();
  }
}
