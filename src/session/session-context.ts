import { AlarmClock } from "../actor/alarm-clock.ts";
import type { Schema } from "../actor/schema.ts";
import { configOf } from "../config.ts";
import { logEvent } from "../log.ts";
import type { Outcome } from "../protocol.ts";
import { botApi } from "../telegram/bot.ts";
import { Display } from "./display.ts";
import { Dispatcher, type Whereabouts } from "./dispatcher.ts";
import type { Registered } from "./registration.ts";
import { SessionStores } from "./session-stores.ts";

/** News is shown at once; the alarm is for a crash in between, this many milliseconds later. */
export const SAFETY_MS = 5_000;

/** What the parts of a SessionDO share: its stores, its way to machines, its way to the phone, its alarm. */
export class SessionContext {
  readonly env: Env;
  readonly schema: Schema;
  readonly stores: SessionStores;
  readonly dispatcher: Dispatcher;
  readonly display: Display;
  readonly alarm: AlarmClock;
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState, env: Env, schema: Schema) {
    this.#ctx = ctx;
    this.env = env;
    this.schema = schema;
    this.stores = new SessionStores(ctx.storage);
    this.dispatcher = new Dispatcher({
      env,
      stores: this.stores,
      whereabouts: () => this.whereabouts(),
      finish: (name, outcome, error) => this.finish(name, outcome, error),
    });
    this.display = new Display(this.stores, this.dispatcher, botApi(env), configOf(env).botUsername);
    this.alarm = new AlarmClock(ctx.storage);
  }

  /** This object's own name: the sessionRef in all of its tokens. */
  get ref(): string {
    const { name } = this.#ctx.id;
    if (name === undefined) throw new Error("a SessionDO is reached by name");
    return name;
  }

  /** The registration; undefined where this session was never registered, or was deleted. */
  session(): Registered | undefined {
    return this.schema.exists ? this.stores.registration.read() : undefined;
  }

  /** All of the writes or none. */
  transaction(work: () => void): void {
    try {
      this.#ctx.storage.transactionSync(work);
    } catch (error) {
      this.stores.memory.forget();
      throw error;
    }
  }

  /** Gives a command its outcome, and puts what has to be said of it into the outbox. */
  finish(name: string, outcome: Outcome, error: string | null): void {
    const now = Date.now();
    this.transaction(() => {
      if (!this.stores.commands.advance(name, outcome, error, now)) return;
      const command = this.stores.commands.get(name);
      if (command === undefined) return;
      this.display.announceOutcome(this.ref, command, outcome, error, now);
      const { kind, machineId, acceptedAt } = command;
      logEvent("command.finished", { session: this.ref, name, kind, machineId, outcome, tookMs: now - acceptedAt });
    });
  }

  /** Shows on the phone what changed, without keeping the caller waiting for Telegram. */
  async show(): Promise<void> {
    const safety = Date.now() + SAFETY_MS;
    await this.alarm.ringBy(safety);
    this.#ctx.waitUntil(this.#settle(safety));
  }

  /** What cannot be shown now is due sooner than a crash is looked for. */
  async #settle(safety: number): Promise<void> {
    await this.display.settle(this.ref);
    const due = this.display.nextDue();
    if (due !== null && due < safety) await this.alarm.ringBy(due);
  }

  /** Where this session is, before any successor is asked; null where it was never registered. */
  whereabouts(): Whereabouts | null {
    const session = this.session();
    if (session === undefined) return null;
    const { sessionId, machineId, ownerId, label, typable, endedAt, successor } = session;
    return { sessionId, machineId, ownerId, label, typable, ended: endedAt !== null, successor };
  }
}
