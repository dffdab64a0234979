import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from "fast-check";
import { expect, test } from "vitest";
import { WINDOW } from "../../src/protocol.ts";
import { give, offer, waitingOn } from "./support/commands.ts";
import { type Connection, type Machine, pairMachine } from "./support/machine.ts";
import { machineObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

interface Row {
  readonly n: number;
  readonly urgent: boolean;
  sentOn: number;
  cancelling: boolean;
}

/** The machine's queue and its connection, as a person would explain them. */
class Model {
  rows: Row[] = [];
  connection = 0;
  online = false;
  window = new Set<number>();
  /** What the present connection has been sent. */
  sent: string[] = [];

  connect(): void {
    this.connection += 1;
    this.online = true;
    this.window.clear();
    this.sent = [];
    this.#pump();
  }

  offer(n: number, urgent: boolean): void {
    this.rows.push({ n, urgent, sentOn: 0, cancelling: false });
    this.#pump();
  }

  left(n: number): void {
    this.window.delete(n);
    this.#pump();
  }

  end(n: number): void {
    this.rows = this.rows.filter((row) => row.n !== n);
    this.left(n);
  }

  cancel(row: Row): void {
    if (row.sentOn === 0) return this.end(row.n);
    row.cancelling = true;
    if (!this.online) return;
    row.sentOn = this.connection;
    this.sent.push(`cancel ${row.n}`);
  }

  #pump(): void {
    while (this.online && this.window.size < WINDOW) {
      const waiting = this.rows.filter(({ sentOn }) => sentOn !== this.connection);
      const next = waiting.find(({ urgent, cancelling }) => urgent || cancelling) ?? waiting[0];
      if (next === undefined) return;
      next.sentOn = this.connection;
      this.sent.push(`${next.cancelling ? "cancel" : "command"} ${next.n}`);
      if (!next.cancelling) this.window.add(next.n);
    }
  }
}

type Step =
  | { readonly do: "offer"; readonly count: number; readonly urgent: boolean }
  | { readonly do: "connect" | "leave" | "evict" }
  | { readonly do: "journal" | "result" | "cancel" | "offer again"; readonly which: number };

const anyStep: Arbitrary<Step> = oneof(
  {
    weight: 4,
    arbitrary: record({ do: constant("offer"), count: integer({ min: 1, max: 9 }), urgent: boolean() }),
  },
  { weight: 4, arbitrary: record({ do: constantFrom("connect", "connect", "leave", "evict") }) },
  {
    weight: 12,
    arbitrary: record({
      do: constantFrom("journal", "journal", "result", "cancel", "offer again"),
      which: nat(),
    }),
  },
);

/** A machine with its agent, and the model beside them. */
class Run {
  readonly #machine: Machine;
  readonly #session: string;
  readonly #model = new Model();
  #socket: Connection | undefined;
  #offered = 0;

  constructor(machine: Machine, session: string) {
    this.#machine = machine;
    this.#session = session;
  }

  async take(step: Step): Promise<void> {
    const socket = this.#socket;
    switch (step.do) {
      case "evict":
        return evictAll();
      case "connect":
        this.#model.connect();
        this.#socket = await this.#machine.connect({ sessions: [this.#session] });
        return;
      case "leave":
        if (socket === undefined) return;
        this.#model.online = false;
        this.#socket = undefined;
        socket.close(1000);
        await until("it is offline", async () => (await machineObject(this.#machine.name).asleep()) !== null);
        return;
      case "offer": {
        const kind = step.urgent ? "key" : "text";
        const offers = [];
        for (let n = 0; n < step.count; n++) {
          this.#offered += 1;
          this.#model.offer(this.#offered, step.urgent);
          offers.push(await offer(this.#session, this.#offered, { kind, command: String(this.#offered) }));
        }
        await give(this.#machine, ...offers);
        return;
      }
      case "offer again":
      case "cancel": {
        const row = pick(this.#model.rows, step.which);
        if (row === undefined) return;
        const again = await offer(this.#session, row.n);
        if (step.do === "offer again") {
          await give(this.#machine, again);
          return;
        }
        this.#model.cancel(row);
        await machineObject(this.#machine.name).cancel(this.#machine.owner, [again.id]);
        return;
      }
      case "journal":
      case "result": {
        const here = this.#model.rows.filter(({ sentOn }) => sentOn === this.#model.connection);
        const row = pick(here, step.which);
        if (row === undefined || socket === undefined) return;
        const { id, sessionId } = await offer(this.#session, row.n);
        if (step.do === "result") {
          this.#model.end(row.n);
          socket.result({ id, sessionId });
        } else {
          this.#model.left(row.n);
          socket.journal({ id });
        }
        return;
      }
    }
  }

  /** What the model says. */
  expected(): Standing {
    const { online, sent, rows } = this.#model;
    return { online, sent: online ? sent : [], waiting: rows.map(({ n }) => String(n)), queued: rows.length };
  }

  /** What is so. */
  async seen(): Promise<Standing> {
    await this.#socket?.settled();
    const sent = (this.#socket?.frames() ?? []).flatMap((frame) =>
      frame.type === "command" || frame.type === "cancel" ? [`${frame.type} ${numberOf(frame.id)}`] : [],
    );
    const { online, queued } = (await this.#machine.inspect()).body;
    return { online, sent, waiting: (await waitingOn(this.#machine)).map(numberOf), queued };
  }
}

interface Standing {
  readonly online: unknown;
  readonly sent: string[];
  readonly waiting: string[];
  readonly queued: unknown;
}

function numberOf(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}

/** Each takes half a second; fast-check prints the seed and the shortest failing steps. */
const RUNS = 8;

let runs = 0;

test("whatever happens in whatever order, each connection is sent what it should be, in order, and once", async () => {
  await assert(
    asyncProperty(array(anyStep, { minLength: 10, maxLength: 40 }), async (steps) => {
      runs += 1;
      const machine = await pairMachine(`model-${runs}`);
      await machine.register(`model-${runs}`);
      const run = new Run(machine, `model-${runs}`);
      await run.take({ do: "connect" });
      for (const next of steps) {
        await run.take(next);
        expect(await run.seen()).toEqual(run.expected());
      }
    }),
    { numRuns: RUNS },
  );
}, 60_000);
