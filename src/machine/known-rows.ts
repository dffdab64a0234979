import type { Kept, Memory } from "../actor/memory.ts";
import { KNOWN_COLUMNS, type KnownRow, toKnownRow } from "./queue-row.ts";

/**
 * What is kept in memory of the queue, so that offers and results are answered without asking the table. 20,000 rows
 * take a few megabytes.
 */
export class KnownRows {
  readonly #kept: Kept<{ readonly rows: Map<string, KnownRow>; readonly live: Map<string, number> }>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#kept = memory.keep(() => {
      const all = storage.sql.exec(`SELECT ${KNOWN_COLUMNS} FROM queue`).toArray().map(toKnownRow);
      const live = new Map<string, number>();
      for (const { sessionId, outcome } of all) if (outcome === null) count(live, sessionId, 1);
      return { rows: new Map(all.map((row) => [row.id, row])), live };
    });
  }

  get(id: string): KnownRow | undefined {
    return this.#kept.value.rows.get(id);
  }

  /** How a row is from now on. */
  set(row: KnownRow): void {
    const { rows, live } = this.#kept.value;
    const before = rows.get(row.id);
    rows.set(row.id, row);
    if (before?.outcome === null) count(live, before.sessionId, -1);
    if (row.outcome === null) count(live, row.sessionId, 1);
  }

  delete({ id, sessionId, outcome }: KnownRow): void {
    const { rows, live } = this.#kept.value;
    if (rows.delete(id) && outcome === null) count(live, sessionId, -1);
  }

  /** Reads anew the next time: many rows were written. */
  forget(): void {
    this.#kept.forget();
  }

  /** How many rows have no outcome, in one session or in all. */
  depth(sessionId?: string): number {
    const { live } = this.#kept.value;
    if (sessionId !== undefined) return live.get(sessionId) ?? 0;
    let all = 0;
    for (const rows of live.values()) all += rows;
    return all;
  }

  get isEmpty(): boolean {
    return this.#kept.value.rows.size === 0;
  }
}

function count(live: Map<string, number>, sessionId: string, change: 1 | -1): void {
  const rows = (live.get(sessionId) ?? 0) + change;
  if (rows === 0) live.delete(sessionId);
  else live.set(sessionId, rows);
}
