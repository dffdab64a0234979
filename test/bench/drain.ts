import { until } from "../../agent/until.ts";
import type { Beds } from "./beds.ts";
import { queueCommands } from "./prefill.ts";
import { memoryMb } from "./processes.ts";
import { RealAgent } from "./real-agent.ts";
import type { Line } from "./report.ts";

/** 500 is what one session may have waiting. */
const QUEUED = { sessions: 20, each: 500 };
const PATIENCE = { withinMs: 300_000 };

/** A machine comes back to 10,000 commands: once with an agent that answers at once, once with the real one. */
export async function drain(beds: Beds, scale: number): Promise<Line[]> {
  const each = Math.max(10, Math.round(QUEUED.each * scale));
  return [await drainFast(beds, each), await drainReal(beds, each)];
}

async function drainFast(beds: Beds, each: number): Promise<Line> {
  const { bed, machine } = await beds.routerWith("drain", QUEUED.sessions, false);
  let count = 0;
  await bed.whileStopped(() => (count = queueCommands(beds.storageOf("drain"), each)));
  const start = performance.now();
  await bed.connect(machine);
  await until("the queue to be empty", () => bed.stored >= count, PATIENCE);
  return line("an agent that answers at once, until all results are stored", count, start, {
    "runtime's peak memory (MB)": memoryMb(bed.pid).peak,
  });
}

async function drainReal(beds: Beds, each: number): Promise<Line> {
  const bed = await beds.router("drain-real");
  const agent = await RealAgent.start(bed, "desk", beds.folder("d"));
  try {
    let typed = 0;
    let start = 0;
    await agent.attach(QUEUED.sessions, () => {
      if (typed++ === 0) start = performance.now();
    });
    let count = 0;
    await bed.whileStopped(() => (count = queueCommands(beds.storageOf("drain-real"), each)));
    await until("the queue to be typed", () => typed >= count, PATIENCE);
    return line("the real agent, until all are typed at terminals that take them at once", count, start, {
      "runtime's peak memory (MB)": memoryMb(bed.pid).peak,
      "agent's peak memory (MB)": memoryMb(agent.pid).peak,
    });
  } finally {
    await agent.stop();
  }
}

function line(what: string, count: number, start: number, more: Record<string, number>): Line {
  const seconds = (performance.now() - start) / 1_000;
  return {
    what: `${count} queued commands after a reconnect: ${what}`,
    aim: "≥ 2000 commands/s",
    met: count / seconds >= 2_000,
    figures: { "commands/s": count / seconds, seconds, ...more },
  };
}
