import { readdirSync, readFileSync } from "node:fs";

/** Processor time is counted in ticks of 10 ms (`getconf CLK_TCK` is 100 on every Linux). */
const MS_PER_TICK = 10;

/** What a process has used so far: user and system time of all its threads, in milliseconds. Linux only. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in brackets, may hold spaces; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** A process's memory in MB: what it holds now, and the most that it ever held. */
export function memoryMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

/** The processes below this one whose command line holds `text`. */
export function descendants(text: string): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = tryRead(`/proc/${name}/stat`);
    if (stat !== undefined) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(
    (pid) =>
      pid !== process.pid &&
      isOurs(pid) &&
      (tryRead(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").includes(text) ?? false),
  );
}

/** The one process below this one that was not there before. */
export function newcomer(text: string, before: readonly number[]): number {
  const [pid, ...others] = descendants(text).filter((one) => !before.includes(one));
  if (pid === undefined || others.length > 0) throw new Error(`one new process ${text} was expected below this one`);
  return pid;
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}
