import type { Load, Run } from "./load.ts";
import type { Line } from "./report.ts";
import { median, medianRatio } from "./statistics.ts";

/** A design, how it is put under load, and what its runs came to. */
export interface Contender {
  readonly name: string;
  readonly run: (load: Load) => Promise<Partial<Run>>;
  readonly runs: Partial<Run>[];
}

export function contender(name: string, run: Contender["run"]): Contender {
  return { name, run, runs: [] };
}

/** Some designs under the same load. */
export interface Contest extends Load {
  readonly what: string;
  readonly contenders: readonly Contender[];
}

/** One round that does not count. */
export async function warmUp(contests: readonly Contest[]): Promise<void> {
  await takeTurns(contests, 1);
  for (const { contenders } of contests) for (const { runs } of contenders) runs.length = 0;
}

/** Lets the designs take turns, each time in another order: what slows the machine down slows all of them. */
export async function takeTurns(contests: readonly Contest[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { contenders, commands, concurrency } of contests) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const one = contenders[(turn + round) % contenders.length];
        if (one !== undefined) one.runs.push(await one.run({ commands, concurrency }));
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

/** One line a figure that was taken: the first contender against the second, with what the others came to beside it. */
export function linesOf({ what, contenders }: Contest, aims: Aims): Line[] {
  const [first, second] = contenders;
  if (first === undefined || second === undefined) throw new Error("a contest takes two");
  return FIGURES.flatMap(({ key, title, unit, isBetter }): Line[] => {
    const values = (one: Contender): number[] => one.runs.flatMap((taken) => taken[key] ?? []);
    if (values(first).length === 0) return [];
    const ratio = medianRatio(values(first), values(second));
    const aim = aims[key];
    const line: Line = {
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
    return [line];
  });
}
