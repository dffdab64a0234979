import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { type Outbox, type OutboxItem, type OutboxRow, type Registration, subjectOf } from "../store/outbox.ts";
import { post, type Answer } from "./api.ts";
import type { Credentials } from "./credentials.ts";
import { afterAnswer, type Verdict } from "./delivery.ts";

/** What the sender needs of the rest of the agent. */
export interface SenderSurroundings {
  outbox: Outbox;
  credentials: Credentials;
  clock: Clock;
  /** How a live session registers. */
  registration(sessionId: string): Registration | undefined;
  log(line: string): void;
}

interface Lane {
  busy: Promise<void> | null;
  timer: NodeJS.Timeout | undefined;
  attempt: number;
  registered: boolean;
  /** Why it waits; said once. */
  error: string | null;
}

const PATHS = {
  register: "/sessions/register",
  notification: "/notifications/send",
  close: "/questions/close",
  unregister: "/sessions/unregister",
} as const;

/** Tells the router what is in the outbox: one item at a time a session, in order, until it is taken or refused. */
export class OutboxSender {
  readonly #around: SenderSurroundings;
  readonly #lanes = new Map<string, Lane>();
  #stopped = false;

  constructor(around: SenderSurroundings) {
    this.#around = around;
  }

  /** Something was added for this session. */
  added(sessionId: string): void {
    const lane = this.#lanes.get(sessionId);
    // One that waits after a failure goes on waiting.
    if (lane === undefined) this.#go(sessionId);
  }

  /** The router is there (again), or the agent has just started: nobody waits any longer. */
  hurry(): void {
    for (const sessionId of this.#around.outbox.waiting().keys()) {
      const lane = this.#lanes.get(sessionId);
      if (lane) lane.attempt = 0;
      this.#go(sessionId);
    }
  }

  /** Begins nothing more; resolves when no call is under way, or after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#stopped = true;
    const lanes = [...this.#lanes.values()];
    for (const lane of lanes) clearTimeout(lane.timer);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.all(lanes.flatMap((lane) => lane.busy ?? [])), patience]);
    clearTimeout(timer);
  }

  #go(sessionId: string): void {
    const lane = this.#lanes.get(sessionId) ?? {
      busy: null,
      timer: undefined,
      attempt: 0,
      registered: false,
      error: null,
    };
    if (lane.busy !== null || this.#stopped) return;
    this.#lanes.set(sessionId, lane);
    clearTimeout(lane.timer);
    lane.busy = this.#work(sessionId, lane)
      .catch((error: unknown) => {
        this.#around.log(
          `the outbox cannot be read or written: ${error instanceof Error ? error.message : String(error)}`,
        );
        return 60_000;
      })
      .then((againAfterMs) => {
        lane.busy = null;
        if (this.#stopped) return;
        if (againAfterMs !== null) {
          lane.timer = setTimeout(() => this.#go(sessionId), againAfterMs);
          return;
        }
        this.#lanes.delete(sessionId);
        // Something may have been added since the queue was found empty.
        if (this.#around.outbox.head(sessionId)) this.#go(sessionId);
      });
  }

  /** Sends until the queue is empty (null), or until it has to wait (milliseconds). */
  async #work(sessionId: string, lane: Lane): Promise<number | null> {
    const { outbox } = this.#around;
    for (let row = outbox.head(sessionId); row !== undefined && !this.#stopped; row = outbox.head(sessionId)) {
      const verdict = await this.#try(sessionId, row, lane);
      if (verdict.do === "register") {
        lane.registered = true;
        continue;
      }
      if (verdict.do === "again") {
        lane.attempt += 1;
        lane.registered = false;
        if (verdict.error !== lane.error) this.#around.log(`${row.item.kind} of ${sessionId} waits: ${verdict.error}`);
        lane.error = verdict.error;
        return verdict.afterMs;
      }
      if (verdict.do === "give up") this.#giveUp(sessionId, row, verdict.error);
      outbox.remove(row.position);
      lane.attempt = 0;
      lane.registered = false;
      lane.error = null;
    }
    return null;
  }

  async #try(sessionId: string, { item }: OutboxRow, lane: Lane): Promise<Verdict> {
    const answer = await this.#send(sessionId, item);
    const verdict = afterAnswer(answer, item.kind, lane.attempt, lane.registered, Math.random());
    if (verdict.do !== "register") return verdict;
    const about = subjectOf(sessionId, item);
    const registration = this.#around.registration(about) ?? this.#around.outbox.registration(sessionId, about);
    if (registration === undefined)
      return { do: "give up", error: "the router does not know this session any more (404)" };
    const registered = await this.#send(about, { kind: "register", registration });
    const ofRegister = afterAnswer(registered, "register", lane.attempt, false, Math.random());
    return ofRegister.do === "done" ? verdict : ofRegister;
  }

  /** One call. A key that was rotated meanwhile is tried once more. */
  async #send(sessionId: string, item: OutboxItem): Promise<Answer> {
    const { credentials } = this.#around;
    const call = (config: Config) =>
      post(config.url, PATHS[item.kind], this.#body(sessionId, item, config), config.key);
    const used = credentials.config;
    const answer = await call(used);
    if (answer.status !== "refused" || (answer.code !== 401 && answer.code !== 403)) return answer;
    const fresh = credentials.reread();
    return fresh === used ? answer : call(fresh);
  }

  #body(lane: string, item: OutboxItem, { machineId }: Config): unknown {
    const sessionId = subjectOf(lane, item);
    switch (item.kind) {
      case "notification":
        return item.body;
      case "unregister":
        return { sessionId, reason: item.reason.slice(0, 64) };
      case "close":
        return { sessionId, nonce: item.nonce, by: item.by };
      case "register":
        return {
          sessionId,
          machineId,
          ...(item.registration.label !== null && { label: item.registration.label }),
          ...(item.replaces !== undefined && { replaces: item.replaces }),
          ...(item.registration.typable !== undefined && { typable: item.registration.typable }),
          claim: Math.max(0, Math.floor(this.#around.clock.wall() - item.registration.startedAt)),
          timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        };
    }
  }

  #giveUp(sessionId: string, { item }: OutboxRow, error: string): void {
    this.#around.outbox.noteFailure({ at: this.#around.clock.wall(), sessionId, what: item.kind, error });
    this.#around.log(`${item.kind} of ${sessionId} was refused for good: ${error}`);
  }
}
