import { setTimeout as delay } from "node:timers/promises";
import { processorMs } from "./processes.ts";
import { quantile } from "./statistics.ts";
import type { Address, Testbed } from "./testbed.ts";

/** Alarms that a command leaves behind ring within this: their work belongs to the command. */
const TAIL_MS = 2_000;

/** How many commands, and how many of them at a time. */
export interface Load {
  readonly commands: number;
  readonly concurrency: number;
}

/** What one run under load came to. */
export interface Run {
  /** Webhook POST to frame at the agent's socket, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Commands that were carried out, told and shown, a second. */
  readonly perSecond: number;
  /** Processor time of the runtime for one command, in milliseconds, with the alarms that follow. */
  readonly processorMs: number;
}

/** Sends commands to these addresses in turn, so many at a time, and waits until nothing is left of them. */
export async function run(bed: Testbed, addresses: readonly Address[], { commands, concurrency }: Load): Promise<Run> {
  const messageIds = Array.from({ length: commands }, () => bed.sink.nextMessageId());
  const latencies: number[] = [];
  const storedBefore = bed.stored;
  const processorBefore = processorMs(bed.pid);
  const start = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let turn = next++; turn < commands; turn = next++) {
      const to = addresses[turn % addresses.length];
      const messageId = messageIds[turn];
      if (to === undefined || messageId === undefined) throw new Error("there is nobody to write to");
      latencies.push(await bed.command(to, messageId));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  await bed.isDone(messageIds, storedBefore);
  const seconds = (performance.now() - start) / 1_000;
  await delay(TAIL_MS);
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    perSecond: commands / seconds,
    processorMs: (processorMs(bed.pid) - processorBefore) / commands,
  };
}
