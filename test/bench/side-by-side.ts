import { type Run, run } from "./load.ts";
import type { Line } from "./report.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Address, Testbed } from "./testbed.ts";

/** A design with the sessions that are written to, and what its runs came to. */
export interface Contender {
  readonly name: string;
  readonly bed: Testbed;
  readonly addresses: readonly Address[];
  readonly runs: Run[];
}

export function contender(name: string, bed: Testbed, addresses: readonly Address[]): Contender {
  return { name, bed, addresses, runs: [] };
}

/** Some designs under the same load. */
export interface Contest {
  readonly what: string;
  readonly contenders: readonly Contender[];
  readonly commands: number;
  readonly concurrency: number;
}

/** Lets the designs take turns, each time in another order: what slows the machine down slows all of them. */
export async function takeTurns(contests: readonly Contest[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { contenders, commands, concurrency } of contests) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const one = contenders[(turn + round) % contenders.length];
        if (one !== undefined) one.runs.push(await run(one.bed, one.addresses, commands, concurrency));
      }
    }
  }
}

const FIGURES = [
  { key: "p50", title: "p50", unit: "ms", isBetter: "smaller" },
  { key: "p99", title: "p99", unit: "ms", isBetter: "smaller" },
  { key: "perSecond", title: "commands/s", unit: "/s", isBetter: "greater" },
  { key: "processorMs", title: "processor time a command", unit: "ms", isBetter: "smaller" },
] as const;

export type Aims = Partial<Record<(typeof FIGURES)[number]["key"], number>>;

/** One line a figure: the first contender against the second, with what the others came to beside it. */
export function linesOf({ what, contenders }: Contest, aims: Aims): Line[] {
  const [first, second] = contenders;
  if (first === undefined || second === undefined) throw new Error("a contest takes two");
  return FIGURES.map(({ key, title, unit, isBetter }): Line => {
    const values = (one: Contender): number[] => one.runs.map((taken) => taken[key]);
    const ratio = medianRatio(values(first), values(second));
    const aim = aims[key];
    return {
      what: `${what}: ${title}`,
      ratio,
      against: second.name,
      ...(aim === undefined
        ? {}
        : {
            aim: `${isBetter === "smaller" ? "≤" : "≥"} ${aim}×`,
            met: isBetter === "smaller" ? ratio <= aim : ratio >= aim,
          }),
      figures: Object.fromEntries(contenders.map((one) => [`${one.name} (${unit})`, median(values(one))])),
    };
  });
}
