import { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import type { Command } from "../../src/protocol.ts";
import { type Beds, SESSIONS } from "./beds.ts";
import { Echo } from "./echo.ts";
import type { Load, Run } from "./load.ts";
import { RealAgent, SILENT } from "./real-agent.ts";
import type { Line } from "./report.ts";
import { type Contest, contender, linesOf, takeTurns, warmUp } from "./side-by-side.ts";
import { quantile } from "./statistics.ts";
import type { Address, Testbed } from "./testbed.ts";

const AIMS = { p50: 1.2, p99: 1.5 };
const SIZE = { columns: 90, rows: 24 };

/** A session, and what its terminal shows. */
interface Seat {
  readonly bed: Testbed;
  readonly address: Address;
  readonly echo: Echo;
}

/**
 * The webhook's POST to the bytes in the terminal: the real agent, and 32 terminals of its `run`, beside the simpler
 * designs, whose client writes into 32 terminals of its own.
 */
export async function inTerminals(
  beds: Beds,
  rounds: number,
  scale: number,
  log: (line: string) => void,
): Promise<Line[]> {
  const bed = await beds.router("terminals");
  const agent = await RealAgent.start(bed, "desk", beds.folder("t"));
  const desks = { naive: new Desk(), floor: new Desk() };
  try {
    log(`starting ${SESSIONS} terminals a design`);
    const router = await realSeats(bed, agent);
    const naive = desks.naive.seats(await beds.naive("t-naive", { onCommand: desks.naive.onCommand }));
    const floor = desks.floor.seats(await beds.floor("t-floor", { onCommand: desks.floor.onCommand }));
    const contest = (name: string, commands: number, concurrency: number): Contest => ({
      what: `webhook to the bytes in the terminal, ${name}`,
      contenders: Object.entries({ router, naive, floor }).map(([design, seats]) =>
        contender(design, (load) => inWaves(seats, load)),
      ),
      commands: Math.max(concurrency, Math.round(commands * scale)),
      concurrency,
    });
    const contests = [contest("one at a time", 30, 1), contest("32 at a time", 320, SESSIONS)];
    await warmUp(contests);
    log("taking turns");
    await takeTurns(contests, rounds);
    return contests.flatMap((one) => linesOf(one, AIMS));
  } finally {
    await Promise.all(Object.values(desks).map((desk) => desk.end()));
    await agent.stop();
  }
}

/**
 * So many commands at once, each to a session of its own; the next ones when all of these are over. A session types one
 * text after the other, with a pause before each Enter: two under way in one of them would measure that.
 */
async function inWaves(seats: readonly Seat[], { commands, concurrency }: Load): Promise<Partial<Run>> {
  const latencies: number[] = [];
  for (let n = 0; n < commands; n += concurrency) {
    const wave = Array.from({ length: concurrency }, (_, index) => seats[(n + index) % seats.length]);
    const taken = await Promise.all(wave.flatMap((seat) => (seat === undefined ? [] : [toTerminal(seat)])));
    latencies.push(...taken);
  }
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** Milliseconds until the text is seen in the terminal. Resolves once the command is over. */
async function toTerminal({ bed, address, echo }: Seat): Promise<number> {
  const messageId = bed.sink.nextMessageId();
  const text = `command ${messageId}.`;
  const start = performance.now();
  const seen = echo.seen(text).then(() => performance.now() - start);
  await bed.write(text, address, messageId);
  const took = await seen;
  await bed.isDone([messageId], bed.stored);
  return took;
}

async function realSeats(bed: Testbed, agent: RealAgent): Promise<Seat[]> {
  const started = Array.from({ length: SESSIONS }, (_, n) => {
    const [sessionId, echo] = [`terminal-${n}`, new Echo()];
    agent.run(sessionId, (text) => echo.show(text));
    return { sessionId, echo };
  });
  const seats: Seat[] = [];
  for (const { sessionId, echo } of started) seats.push({ bed, address: await agent.hear(sessionId), echo });
  return seats;
}

/** The terminals of a client that writes into them whatever it gets. */
class Desk {
  readonly #terminals = Array.from({ length: SESSIONS }, () => {
    const echo = new Echo();
    const [file, ...args] = SILENT;
    const options = { file, args, environment: { TERM: "xterm" }, size: SIZE };
    return { echo, terminal: new RecordedTerminal(options, (text) => echo.show(text)) };
  });

  /** Sessions are numbered as terminals are. */
  readonly onCommand = ({ sessionId, command }: Command): void => {
    const number = Number(sessionId.slice(sessionId.lastIndexOf("-") + 1));
    void this.#terminals[number]?.terminal.write(`${command}\r`);
  };

  seats({ bed, addresses }: { bed: Testbed; addresses: readonly Address[] }): Seat[] {
    return addresses.flatMap((address, index) => {
      const echo = this.#terminals[index]?.echo;
      return echo === undefined ? [] : [{ bed, address, echo }];
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#terminals.map(({ terminal }) => terminal.end("SIGKILL")));
  }
}
