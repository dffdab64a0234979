import { earliest } from "../actor/alarm-clock.ts";
import { RETRY_MS, retryDelay } from "../actor/backoff.ts";
import { call, callFailure } from "../actor/call.ts";
import { parseCommandId } from "../address/command-id.ts";
import { sessionRef } from "../address/reply-token.ts";
import { logError } from "../log.ts";
import { AGES, type CommandResult, type Outcome, type Progress } from "../protocol.ts";
import type { QueueRow } from "./queue-row.ts";
import { EXPIRED } from "./delivery.ts";
import { type Addressee, Courier } from "./courier.ts";
import type { MachineContext } from "./machine-context.ts";
import type { Result } from "./offer.ts";

/** How many outcomes are handed on in one go. */
const HAND_ON_BATCH = 500;

/** What became of commands, and bringing that to the sessions that own them, until they have taken it. */
export class Outcomes {
  readonly #context: MachineContext;
  readonly #courier: Courier;

  constructor(context: MachineContext) {
    this.#context = context;
    this.#courier = new Courier(context.env);
  }

  /** Ends a command on the agent's word, which counts for the present owner's rows alone. */
  async end(id: string, outcome: Outcome, error: string): Promise<void> {
    const now = Date.now();
    if (this.#context.queue.get(id)?.ownerId !== this.#context.machine()?.ownerId) return;
    this.#context.queue.end(id, outcome, error, now);
    await this.#context.alarm.ringBy(now);
  }

  /** A frame about this command could not be read: whether it was typed, nobody can say. */
  async endUnreadable(id: string, reason: string): Promise<void> {
    await this.end(id, "unknown", `the agent's word on it could not be read: ${reason}`.slice(0, 500));
  }

  /**
   * The agent says what became of a command. When this returns, its SessionDO has taken it, or a row keeps it for the
   * alarm to hand on. The agent speaks for the machine's present owner: a row of a former one is none of its business.
   */
  async settle({ id, sessionId, outcome, error: said }: CommandResult): Promise<void> {
    const ownerId = this.#context.machine()?.ownerId;
    const to = ownerId === undefined ? undefined : this.#addressee(id, ownerId);
    if (ownerId === undefined || to === undefined) return;
    const { queue, alarm } = this.#context;
    const why = said ?? null;
    try {
      await this.#courier.bring(to, { name: to.name, outcome, error: why, text: queue.textOf(id) });
      if (queue.get(id)?.ownerId === ownerId) queue.taken(id, outcome);
    } catch (error) {
      logError("result.not-taken", error, { id });
      const now = Date.now();
      const row = queue.get(id);
      if (row === undefined) queue.addEnded(ownerId, id, sessionId, { outcome, error: why }, now);
      else if (row.ownerId === ownerId) queue.end(id, outcome, why, now);
      await alarm.ringBy(now);
    }
  }

  /**
   * The agent says how far a command has come. That is worth telling and not worth keeping: a failure is only logged.
   * `typed` before the outcome shows nothing new on the phone, so nobody is called for it.
   */
  async tellProgress({ id, state, reason }: Progress): Promise<void> {
    if (state === "typed") return;
    const ownerId = this.#context.machine()?.ownerId;
    const to = ownerId === undefined ? undefined : this.#addressee(id, ownerId);
    if (to === undefined) return;
    try {
      await call(
        () => this.#context.env.SESSION.getByName(to.ref),
        (session) => session.progress(to.reporter, to.name, state, reason ?? null),
      );
    } catch (error) {
      logError("progress.not-taken", error, { id });
    }
  }

  /** Which SessionDO must hear of a command, and as whose machine this one reports. */
  #addressee(id: string, ownerId: number): (Addressee & { name: string }) | undefined {
    const parsed = parseCommandId(id);
    const machine = this.#context.machine();
    if (parsed === undefined || machine === undefined) return undefined;
    return { ...parsed, reporter: { machineId: machine.name, ownerId } };
  }

  expire(now: number): null {
    for (const row of this.#context.queue.overdue(now)) {
      if (row.sentOn === null) this.#context.queue.end(row.id, "expired", EXPIRED, now);
      else this.#context.queue.end(row.id, "unknown", "the machine never said what became of it", now);
    }
    return null;
  }

  async endSessions(now: number): Promise<number | null> {
    const machine = this.#context.machine();
    if (machine === undefined) return null;
    const { sessions, link, env } = this.#context;
    const heard = link.live(now) === undefined ? (machine.lastSeenAt ?? 0) : now;
    let next: number | null = null;
    for (const { sessionId, registeredAt } of sessions.all()) {
      const gone = Math.max(heard, registeredAt) + AGES.registrationWithoutMachine;
      if (gone <= now) sessions.end(sessionId, "its machine was away for 30 days");
      else next = earliest([next, gone]);
    }
    for (const { sessionId, ownerId, why } of sessions.ending()) {
      try {
        const ref = await sessionRef(sessionId);
        await call(
          () => env.SESSION.getByName(ref),
          (session) => session.endedByMachine({ machineId: machine.name, ownerId }, why),
        );
        sessions.removeEnded(sessionId);
      } catch (error) {
        logError("session.end.not-taken", error);
        next = earliest([next, now + RETRY_MS]);
      }
    }
    return next;
  }

  async handOn(now: number): Promise<number | null> {
    const batches = new Map<string, QueueRow[]>();
    for (const row of this.#context.queue.toHandOn(now, HAND_ON_BATCH)) {
      const batch = `${parseCommandId(row.id)?.ref ?? ""} ${row.ownerId}`;
      batches.set(batch, [...(batches.get(batch) ?? []), row]);
    }
    for (const rows of batches.values()) await this.#handOnTogether(rows, now);
    return this.#context.queue.nextDue();
  }

  /** Hands on the outcomes of one session. */
  async #handOnTogether(rows: readonly QueueRow[], now: number): Promise<void> {
    const to = rows[0] === undefined ? undefined : this.#addressee(rows[0].id, rows[0].ownerId);
    const results = rows.flatMap((row): Result[] => {
      const name = parseCommandId(row.id)?.name;
      if (name === undefined || row.ended === null) return [];
      const { outcome, error } = row.ended;
      return [{ name, outcome, error, text: row.command === "" ? undefined : row.command }];
    });
    try {
      if (to !== undefined) await this.#courier.deliver(to, results);
      for (const { id, ended } of rows) if (ended !== null) this.#context.queue.taken(id, ended.outcome);
    } catch (error) {
      logError("results.not-taken", error, { count: rows.length });
      // One that cannot be taken must not hold back the others. A session that cannot be reached takes none.
      if (rows.length > 1 && callFailure(error) === "bug")
        for (const row of rows) await this.#handOnTogether([row], now);
      else for (const row of rows) this.#context.queue.handOnAgain(row.id, now + retryDelay(row.ended?.tries ?? 0));
    }
  }
}
