import { earliest } from "../actor/alarm-clock.ts";
import type { Kept } from "../actor/memory.ts";
import { AGES } from "../protocol.ts";
import type { SessionStores } from "./session-stores.ts";

/** Looking for what is old reads all that is remembered: it is done a few times a day, not as each command ages. */
const AT_MOST_EVERY_MS = 6 * 60 * 60_000;

/**
 * Forgets what is past remembering. When to look next is stored: an object is woken for nearly every command, and must
 * not read a day's worth of rows each time.
 */
export class Pruning {
  readonly #sql: SqlStorage;
  readonly #stores: SessionStores;
  readonly #next: Kept<number>;

  constructor(storage: DurableObjectStorage, stores: SessionStores) {
    this.#sql = storage.sql;
    this.#stores = stores;
    this.#next = stores.memory.keep(
      () => this.#sql.exec<{ next_at: number }>("SELECT next_at FROM pruning").toArray()[0]?.next_at ?? 0,
    );
  }

  /** Forgets what is old enough, if it is time to look. Returns when that is next, null where nothing is left. */
  prune(now: number): number | null {
    if (now < this.#next.value) return this.#next.value;
    const { commands, questions, messages, said, notifications, registration } = this.#stores;
    questions.prune(now - AGES.rememberCommand);
    messages.prune(now - AGES.tokenAfterEnd);
    const oldest = earliest([
      commands.prune(now),
      said.prune(now),
      notifications.prune(now - AGES.rememberNotification),
    ]);
    const endedAt = registration.read()?.endedAt ?? null;
    const tokensEnd = endedAt === null || endedAt + AGES.tokenAfterEnd <= now ? null : endedAt + AGES.tokenAfterEnd;
    // What comes from now on is kept for `rememberCommand` at least.
    const due = oldest === null ? null : Math.max(now + AT_MOST_EVERY_MS, Math.min(oldest, now + AGES.rememberCommand));
    const next = earliest([due, tokensEnd]);
    // Where nothing is left there is nothing to read either: the next alarm may look again.
    if (next !== null) this.#lookAt(next);
    return next;
  }

  #lookAt(next: number): void {
    this.#next.forget();
    this.#sql.exec("INSERT OR REPLACE INTO pruning (one, next_at) VALUES (1, ?)", next);
  }
}
