import { call } from "../actor/call.ts";
import type { Reporter, Result } from "./offer.ts";

/** Who has to hear of a result: the SessionDO of this name, from this machine. */
export interface Addressee {
  readonly ref: string;
  readonly reporter: Reporter;
}

/** A session that was called is left alone for so long, in milliseconds: shorter than a person notices on the phone. */
const GATHER_MS = 50;

/**
 * Brings results to the sessions that own them. The first goes at once; what comes during its call, and shortly after,
 * goes along with the next. A machine that comes back after a night reports faster than its sessions can be called.
 */
export class Courier {
  readonly #env: Env;
  /** Results that wait for the call before theirs, by addressee. */
  readonly #waiting = new Map<string, { readonly results: Result[]; readonly taken: Promise<void> }>();
  /** When each addressee may be called again. */
  readonly #calls = new Map<string, Promise<void>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Resolves when the session has taken this result; rejects where the call that it went along with failed. */
  bring(to: Addressee, result: Result): Promise<void> {
    const key = `${to.ref} ${to.reporter.ownerId}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.results.push(result);
      return waiting.taken;
    }
    const results = [result];
    const before = this.#calls.get(key) ?? Promise.resolve();
    const taken = before.then(() => {
      this.#waiting.delete(key);
      return this.deliver(to, results);
    });
    this.#waiting.set(key, { results, taken });
    // Whoever brought a result hears of a failure.
    const over = Promise.allSettled([taken, before.then(pause)]).then(() => {
      if (this.#calls.get(key) === over) this.#calls.delete(key);
    });
    this.#calls.set(key, over);
    return taken;
  }

  /** Tells a session of these now. Resolves when it has taken them. */
  async deliver({ ref, reporter }: Addressee, results: readonly Result[]): Promise<void> {
    await call(
      () => this.#env.SESSION.getByName(ref),
      (session) => session.results(reporter, results),
    );
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GATHER_MS));
}
