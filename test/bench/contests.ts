import type { Beds, Place } from "./beds.ts";
import { run } from "./load.ts";
import { populate, populateFloor, populateNaive } from "./populate.ts";
import { fillSessions } from "./prefill.ts";
import type { Line } from "./report.ts";
import { type Contest, contender, linesOf, takeTurns, warmUp } from "./side-by-side.ts";

const GROWN = { sessions: 1_000, commandsEach: 100 };
const AIMS = { p50: 1.2, p99: 1.5, perSecond: 0.75, processorMs: 1.4 };
/** Flat within ten per cent. */
const FLAT = { p50: 1.1, p99: 1.1, perSecond: 0.9, processorMs: 1.1 };

/**
 * This project beside the naive design and the floor: the webhook's POST to the frame at the agent's socket, and what a
 * command costs until its result is stored and its reaction shown.
 */
export async function sideBySide(
  beds: Beds,
  rounds: number,
  scale: number,
  log: (line: string) => void,
): Promise<Line[]> {
  log("starting the designs");
  const router = await beds.routerWith("router");
  const naive = await beds.naive("naive");
  const floor = await beds.floor("floor");
  const many = await beds.spread(router.bed, populate);
  const manyNaive = await beds.spread(naive.bed, populateNaive);
  const manyFloor = await beds.spread(floor.bed, populateFloor);
  log(`filling ${GROWN.sessions} sessions with ${GROWN.sessions * GROWN.commandsEach} commands and messages`);
  const grown = await beds.routerWith("grown", GROWN.sessions, false);
  await grown.bed.whileStopped(() => void fillSessions(beds.storageOf("grown"), GROWN.commandsEach));
  await grown.bed.connect(grown.machine);
  const grownNaive = await beds.naive("grown-naive", { messages: GROWN.sessions * GROWN.commandsEach });

  const contest = (what: string, places: Readonly<Record<string, Place>>, concurrency: number): Contest => ({
    what,
    contenders: Object.entries(places).map(([name, { bed, addresses }]) =>
      contender(name, (of) => run(bed, addresses, of)),
    ),
    commands: Math.max(10, Math.round((concurrency === 1 ? 150 : 640) * scale)),
    concurrency,
  });
  const against = [
    contest("1 machine, one at a time", { router, naive, floor }, 1),
    contest("1 machine, 32 at a time", { router, naive, floor }, 32),
    contest("32 machines, 32 at a time", { router: many, naive: manyNaive, floor: manyFloor }, 32),
  ];
  const flat = [
    contest("grown state, one at a time", { grown, fresh: router }, 1),
    contest("grown state, 32 at a time", { grown, fresh: router }, 32),
  ];
  const naiveToo = contest("the naive design's grown state, 32 at a time", { grown: grownNaive, fresh: naive }, 32);
  const all = [...against, ...flat, naiveToo];
  log("warming up");
  await warmUp(all);
  log("taking turns");
  await takeTurns(all, rounds);
  return [
    ...against.flatMap((one) => linesOf(one, AIMS)),
    ...flat.flatMap((one) => linesOf(one, FLAT)),
    ...linesOf(naiveToo, {}),
  ];
}
