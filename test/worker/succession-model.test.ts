import {
  assert,
  type AsyncCommand,
  asyncModelRun,
  asyncProperty,
  commands,
  constantFrom,
  nat,
  tuple,
} from "fast-check";
import { test } from "vitest";
import { type Both, slowStep } from "../model-step.ts";
import { DAY, HOUR, MINUTE, putForward, SECOND } from "./support/clock.ts";
import { type Machine, OWNER, pairMachine } from "./support/machine.ts";
import { query, ring, sessionObject, tablesOf } from "./support/objects.ts";
import { deliver, evictAll } from "./support/router.ts";
import { messageIdOf } from "./support/talk.ts";
import { write } from "./support/telegram.ts";

/** One session, as a person would keep track of it. Times are milliseconds, by the clock that the test puts forward. */
interface Life {
  endingAt: number | null;
  endedAt: number | null;
  successor: number | null;
}

const GOOD_AFTER_END = 7 * DAY;
const HOPS = 8;

/** Which sessions live, which goes on for which, and which tokens are good. */
class Book {
  now = 0;
  readonly lives = new Map<number, Life>();

  register(session: number, replaces?: number): void {
    const old = replaces === undefined || replaces === session ? undefined : this.lives.get(replaces);
    if (old !== undefined && old.endedAt === null)
      Object.assign(old, { successor: session, endingAt: this.now + GOOD_AFTER_END });
    this.lives.set(session, { endingAt: null, endedAt: null, successor: null });
  }

  unregister(session: number, reason: string): void {
    const life = this.lives.get(session);
    if (life === undefined || life.endedAt !== null || life.successor !== null) return;
    if (reason === "exited") Object.assign(life, { endedAt: this.now, endingAt: null });
    else life.endingAt = this.now + MINUTE;
  }

  pass(ms: number): void {
    this.now += ms;
    for (const [session, life] of this.inOrder()) {
      if (life.endingAt === null || life.endingAt > this.now) continue;
      const lives = life.successor !== null && this.end(session) !== undefined;
      Object.assign(life, lives ? { endingAt: this.now + GOOD_AFTER_END } : { endedAt: this.now, endingAt: null });
    }
  }

  /** The living session at the end of the chain that begins here. */
  end(session: number): number | undefined {
    let at = session;
    for (let hop = 0; hop <= HOPS; hop++) {
      const life = this.lives.get(at);
      if (life?.successor === null) return life.endedAt === null ? at : undefined;
      if (life === undefined) return undefined;
      at = life.successor;
    }
    return undefined;
  }

  isGood(session: number): boolean {
    const life = this.lives.get(session);
    return life !== undefined && (life.endedAt === null || life.endedAt + GOOD_AFTER_END > this.now);
  }

  inOrder(): [number, Life][] {
    return [...this.lives].toSorted(([a], [b]) => a - b);
  }
}

/** The sessions of one machine, and the chat in which their tokens were seen. */
class Real {
  readonly #machine: Machine;
  readonly #run: number;
  /** The newest token that was seen of each session. */
  readonly tokens = new Map<number, string>();

  constructor(machine: Machine, run: number) {
    this.#machine = machine;
    this.#run = run;
  }

  nameOf(session: number): string {
    return `line-${this.#run}-${session}`;
  }

  async register(session: number, replaces?: number): Promise<number> {
    const more = replaces === undefined ? {} : { replaces: this.nameOf(replaces) };
    return (await this.#machine.register(this.nameOf(session), more)).status;
  }

  async unregister(session: number, reason: string): Promise<number> {
    return (await this.#machine.unregister(this.nameOf(session), reason)).status;
  }

  /** The token that the session's messages carry now; undefined where it may not speak. */
  async speak(session: number): Promise<string | undefined> {
    const { status, body } = await this.#machine.notify(this.nameOf(session), "Hi.", { silent: true });
    return status === 200 ? String(body["token"]) : undefined;
  }

  /** What becomes of `/cmd TOKEN` from this user: the session it goes to, `ended`, or nothing at all. */
  async ask(session: number, userId: number): Promise<unknown> {
    const update = await write({ chatId: userId, userId, text: `/cmd ${this.tokens.get(session)} hello` });
    await deliver(update);
    const object = await sessionObject(this.nameOf(session));
    if ((await tablesOf(object)).length === 0) return "nothing";
    const name = `m${userId}.${messageIdOf(update)}`;
    const [row] = await query(object, "SELECT session_id, state FROM command WHERE name = ?", name);
    if (row === undefined) return "nothing";
    return row["state"] === "failed" ? "ended" : row["session_id"];
  }

  async isOver(session: number): Promise<boolean> {
    return (await (await sessionObject(this.nameOf(session))).whereabouts())?.ended ?? true;
  }

  async pass(ms: number, sessions: readonly number[]): Promise<void> {
    putForward(ms);
    await evictAll();
    for (const session of sessions) await ring(await sessionObject(this.nameOf(session)));
  }
}

type Step = AsyncCommand<Book, Real>;

const which = nat({ max: 2 });
const OK: Both = [200, 200];

/** After each step all sessions are looked at: which are over? */
function compared(one: Step): Step {
  return slowStep(String(one), async (book, real) => {
    await one.run(book, real);
    const lives = book.inOrder();
    const seen = await Promise.all(lives.map(async ([session]) => [session, await real.isOver(session)]));
    return [lives.map(([session, { endedAt }]) => [session, endedAt !== null]), seen];
  });
}

/** Registers in both, and looks at the token: the same for as long as it was good, since then it was not forgotten. */
async function start(book: Book, real: Real, session: number, replaces?: number): Promise<Both> {
  const before = book.isGood(session) ? real.tokens.get(session) : undefined;
  book.register(session, replaces);
  const status = await real.register(session, replaces);
  const token = await real.speak(session);
  if (token !== undefined) real.tokens.set(session, token);
  return [
    [200, before ?? token],
    [status, token],
  ];
}

const register = which.map((session): Step =>
  slowStep(`register(${session})`, (book, real) => start(book, real, session)),
);

const replace = tuple(which, which).map(([old, session]): Step =>
  slowStep(`replace(${old} by ${session})`, (book, real) => start(book, real, session, old)),
);

const chain = constantFrom(HOPS, HOPS + 1).map((to): Step =>
  slowStep(`replace one after the other, 0 to ${to}`, async (book, real) => {
    const first = await start(book, real, 0);
    for (let session = 1; session <= to; session++) {
      book.register(session, session - 1);
      await real.register(session, session - 1);
    }
    return first;
  }),
);

const unregister = tuple(which, constantFrom("exited", "clear", "resume")).map(([session, reason]): Step =>
  slowStep(`unregister(${session}, ${reason})`, async (book, real) => {
    book.unregister(session, reason);
    return [200, await real.unregister(session, reason)];
  }),
);

const pass = constantFrom(30 * SECOND, MINUTE + SECOND, 6 * DAY, 2 * DAY).map((ms): Step =>
  slowStep(`pass(${ms / SECOND} s)`, async (book, real) => {
    book.pass(ms);
    await real.pass(
      ms,
      book.inOrder().map(([session]) => session),
    );
    return OK;
  }),
);

const ask = tuple(which, constantFrom(OWNER, OWNER, OWNER, 1002)).map(([session, userId]): Step =>
  slowStep(`ask(${session}, by ${userId})`, async (book, real) => {
    if (!real.tokens.has(session)) return OK;
    const end = book.end(session);
    const to = end === undefined ? "ended" : real.nameOf(end);
    return [userId === OWNER && book.isGood(session) ? to : "nothing", await real.ask(session, userId)];
  }),
);

let runs = 0;

test("whatever starts, ends, follows and comes back: a token leads to the session that goes on, for as long as it is good", async () => {
  // No alarm rings by itself, in the middle of one that is rung by hand.
  putForward(HOUR);
  const machine = await pairMachine("line");
  const steps = [register, replace, replace, chain, unregister, unregister, pass, pass, ask, ask];
  const course = commands(
    steps.map((one) => one.map(compared)),
    { maxCommands: 40, size: "max" },
  );
  await assert(
    asyncProperty(course, async (taken) => {
      const real = new Real(machine, (runs += 1));
      await asyncModelRun(() => ({ model: new Book(), real }), taken);
    }),
    { numRuns: 8 },
  );
}, 60_000);
