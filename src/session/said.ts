import { Emptiness } from "../actor/emptiness.ts";
import type { Memory } from "../actor/memory.ts";
import { AGES } from "../protocol.ts";

/**
 * What requests were answered that left no command behind, by the name that Telegram gave them: a redelivery gets the
 * same answer, and nothing is done twice.
 */
export class Said {
  readonly #sql: SqlStorage;
  readonly #emptiness: Emptiness;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#emptiness = new Emptiness(storage.sql, "said", memory);
  }

  /** The answer; null where it was silence, undefined where this request is new. */
  get(name: string): string | null | undefined {
    if (this.#emptiness.isEmpty) return undefined;
    const [row] = this.#sql.exec<{ say: string | null }>("SELECT say FROM said WHERE name = ?", name).toArray();
    return row?.say;
  }

  add(name: string, say: string | null, now: number): void {
    this.#emptiness.doubt();
    this.#sql.exec("INSERT OR IGNORE INTO said (name, say, at) VALUES (?, ?, ?)", name, say, now);
  }

  /** Forgets what Telegram no longer repeats. Returns when the next one is, null where none is left. */
  prune(now: number): number | null {
    if (this.#emptiness.isEmpty) return null;
    this.#sql.exec("DELETE FROM said WHERE at <= ?", now - AGES.rememberCommand);
    const { oldest } = this.#sql.exec<{ oldest: number | null }>("SELECT MIN(at) AS oldest FROM said").one();
    return oldest === null ? null : oldest + AGES.rememberCommand;
  }
}
