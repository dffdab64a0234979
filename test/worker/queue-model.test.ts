import { array, assert, asyncProperty } from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, putForward, SECOND } from "./support/clock.ts";
import { give, offer, waitingOn } from "./support/commands.ts";
import { type Connection, type Machine, pairMachine } from "./support/machine.ts";
import { machineObject, query, ring } from "./support/objects.ts";
import { type About, Paper } from "./support/queue-paper.ts";
import { anyBeginning, anyStep, RARE, type Step } from "./support/queue-steps.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

/** A machine with its agent, and the paper beside them. */
class Run {
  readonly #machine: Machine;
  /** Under the name of the first all ids stand, whatever the session is called later. */
  readonly #first: string;
  #session: string;
  readonly #paper = new Paper();
  #socket: Connection | undefined;
  #offered = 0;
  #names = 0;

  private constructor(machine: Machine, session: string) {
    this.#machine = machine;
    this.#first = session;
    this.#session = session;
  }

  static async start(name: string): Promise<Run> {
    const machine = await pairMachine(name);
    await machine.register(name);
    const run = new Run(machine, name);
    await run.take({ do: "connect" });
    return run;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "evict":
        return evictAll();
      case "connect":
        this.#paper.connect();
        this.#socket = await this.#machine.connect(this.#hello);
        return;
      case "connect without a journal":
        return this.#connectEmpty(step.fails);
      case "leave":
        return this.#leave();
      case "offer":
        return this.#offer(step.count, step.urgent, step.days);
      case "rename": {
        const to = `${this.#first}-${++this.#names}`;
        await this.#object.index(this.#machine.owner, to, null);
        await this.#object.rename(this.#machine.owner, this.#session, to);
        this.#session = to;
        this.#paper.rename(to);
        return;
      }
      case "strike":
        return this.#strike(step.fails);
      case "journal all":
        for (const { n } of this.#paper.unjournaled) {
          this.#paper.left(n);
          this.#socket?.journal({ id: await this.#id(n) });
        }
        return;
      case "a day later":
        // So long no connection is silent.
        await this.#leave();
        putForward(DAY + SECOND);
        this.#paper.day += 1;
        if (step.rings && (await ring(this.#object))) this.#paper.expire();
        return;
      case "journal":
      case "result":
      case "cancel":
      case "edit":
      case "offer again":
        return this.#about(step.do, step.which);
    }
  }

  /** The agent takes all that waits for it. */
  async drain(): Promise<void> {
    while (this.#paper.unjournaled.length > 0) await this.take({ do: "journal all" });
  }

  /** What the paper says. */
  expected(): Standing {
    const { online, sent, rows } = this.#paper;
    const queued = rows.length;
    return {
      online,
      sent: online ? sent : [],
      waiting: rows.map(({ n }) => String(n)),
      queued,
      sessions: [{ sessionId: this.#session, queued }],
    };
  }

  /** What is so. */
  async seen(): Promise<Standing> {
    await this.#socket?.heard();
    const sent = (this.#socket?.frames() ?? []).flatMap((frame) => {
      if (frame.type === "cancel") return [`cancel ${numberOf(frame.id)} of ${frame.sessionId}`];
      if (frame.type !== "command") return [];
      return [`command ${numberOf(frame.id)} of ${frame.sessionId}: ${frame.command}`];
    });
    const known = await this.#object.describe();
    const waiting = (await waitingOn(this.#machine)).map(numberOf);
    const sessions = known?.sessions.map(({ sessionId, queued }) => ({ sessionId, queued }));
    return { online: known?.online, sent, waiting, queued: known?.queued, sessions };
  }

  get #object(): ReturnType<typeof machineObject> {
    return machineObject(this.#machine.name);
  }

  get #hello(): { sessions: string[]; journalEpoch: string } {
    return { sessions: [this.#session], journalEpoch: `epoch-${this.#epoch}` };
  }

  #epoch = 0;

  async #id(n: number): Promise<string> {
    return (await offer(this.#first, n)).id;
  }

  async #leave(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#paper.online = false;
    this.#socket = undefined;
    socket.close(1000);
    await until("it is offline", async () => (await this.#object.asleep()) !== null);
  }

  async #offer(count: number, urgent: boolean, days: number): Promise<void> {
    const offers = [];
    for (let n = 0; n < count; n++) {
      const row = { n: ++this.#offered, urgent, session: this.#session, text: `text ${this.#offered}` };
      this.#paper.offer({ ...row, until: this.#paper.day + days });
      const kind = urgent ? "key" : "text";
      const expiresAt = Date.now() + days * DAY + HOUR;
      offers.push({ id: await this.#id(row.n), kind, sessionId: row.session, command: row.text, expiresAt });
    }
    await give(this.#machine, ...offers);
  }

  async #connectEmpty(fails: boolean): Promise<void> {
    this.#epoch += 1;
    if (!fails) {
      this.#paper.connectEmpty();
      this.#socket = await this.#machine.connect(this.#hello);
      return;
    }
    // Its last write is the connection's number.
    await this.#failing("UPDATE ON machine", async () => {
      const socket = await this.#machine.open();
      const hello = { type: "hello", protocol: { min: 1, max: 1 }, agentVersion: "test", bootId: "boot" };
      socket.send({ ...hello, ...this.#hello });
      await socket.isClosed();
    });
    this.#epoch -= 1;
  }

  /** The session leaves, and is back at once. */
  async #strike(fails: boolean): Promise<void> {
    const { owner } = this.#machine;
    const strike = async (): Promise<void> =>
      this.#object.strike(owner, this.#session, { how: "ended", why: "it is over" });
    const last = this.#paper.rows.at(-1);
    if (!fails) {
      for (const row of this.#paper.rows) this.#paper.cancel(row);
      await strike();
      await this.#object.index(owner, this.#session, null);
    } else if (last !== undefined) {
      await this.#failing(`UPDATE ON queue WHEN NEW.id = '${await this.#id(last.n)}'`, () =>
        strike().then(
          () => Promise.reject(new Error("it did not fail")),
          () => {},
        ),
      );
    }
  }

  /** Nothing can be written meanwhile that this trigger is for. */
  async #failing(when: string, work: () => Promise<void>): Promise<void> {
    await query(this.#object, `CREATE TRIGGER failing BEFORE ${when} BEGIN SELECT RAISE(ABORT, 'not now'); END`);
    await work();
    await query(this.#object, "DROP TRIGGER failing");
  }

  async #about(what: About, which: number): Promise<void> {
    const [paper, socket] = [this.#paper, this.#socket];
    const row = paper.pick(what, which);
    if (row === undefined) return;
    const id = await this.#id(row.n);
    switch (what) {
      case "journal":
        paper.left(row.n);
        socket?.journal({ id });
        return;
      case "result":
        if (socket === undefined) return;
        paper.end(row.n);
        socket.result({ id, sessionId: row.session });
        await until("the result is stored", () => socket.isStored(id));
        return;
      case "offer again":
        await give(this.#machine, { ...(await offer(row.session, row.n)), id });
        return;
      case "cancel":
        paper.cancel(row);
        await this.#object.cancel(this.#machine.owner, [id]);
        return;
      case "edit": {
        const text = `${row.text}, and again`;
        const edited = await this.#object.edit(this.#machine.owner, id, text);
        if (edited !== paper.edit(row, text)) throw new Error(`changing ${id} was answered with ${edited}`);
        return;
      }
    }
  }
}

interface Standing {
  readonly online: unknown;
  readonly sent: string[];
  readonly waiting: string[];
  readonly queued: unknown;
  readonly sessions: unknown;
}

function numberOf(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}

/** Some take a second; fast-check prints the seed and the shortest failing steps. */
const RUNS = 10;
/** Shortening a course that fails ends by then, so that the shortest so far is printed. */
const LIMIT_MS = 60_000;

let runs = 0;

test("whatever happens in whatever order, each connection is sent what it should be, in order, and once", async () => {
  // No alarm rings by itself: by the runtime's clock each is an hour away.
  putForward(HOUR);
  await assert(
    asyncProperty(anyBeginning, array(anyStep, { minLength: 10, maxLength: 40 }), async (beginning, steps) => {
      const run = await Run.start(`model-${++runs}`);
      for (const next of [...beginning, ...steps]) {
        await run.take(next);
        expect(await run.seen()).toEqual(run.expected());
      }
      await run.drain();
      expect(await run.seen()).toEqual(run.expected());
    }),
    { examples: RARE, numRuns: RARE.length + RUNS, interruptAfterTimeLimit: LIMIT_MS },
  );
}, 120_000);
