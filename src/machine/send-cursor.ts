import type { Memory } from "../actor/memory.ts";
import { type QueueRow, toQueueRow } from "./queue-row.ts";

/** Rows that are read at once for a connection: at 64 KB a command some 4 MB at most. */
const READ_AHEAD = 64;

/**
 * What goes out next on a connection, in order: urgent rows before the rest. Every journaled frame and every result
 * asks, and there is nearly never anything, or a long queue goes out one by one as the window opens: so it is known
 * where nothing waits, and many rows are read at once. Whoever changes a row says so.
 */
export class SendCursor {
  readonly #sql: SqlStorage;
  #connection = 0;
  /** Read, and not asked for yet. */
  #ahead: readonly QueueRow[] = [];
  /** Up to here all rows but urgent ones have gone out: what is held need not be read again. */
  #gone = 0;
  /** Everything has gone out. */
  #atEnd = false;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    memory.onForget(() => this.startOver());
  }

  /** At most `limit` rows that have not gone out on this connection. The caller sends or ends all of them. */
  next(connection: number, limit: number): readonly QueueRow[] {
    if (connection !== this.#connection) this.startOver(connection);
    if (this.#atEnd) return [];
    if (this.#ahead.length === 0) this.#ahead = this.#read();
    const rows = this.#ahead.slice(0, limit);
    this.#ahead = this.#ahead.slice(limit);
    return rows;
  }

  /** A row came that has not gone out on this connection. */
  came(seq: number, urgent: boolean): void {
    this.#atEnd = false;
    this.#gone = Math.min(this.#gone, seq - 1);
    // Others have their place behind what was read.
    if (urgent) this.changed();
  }

  /** A row that waits is not what it was. */
  changed(): void {
    this.#ahead = [];
    this.#atEnd = false;
  }

  /** This row does not go out any more. */
  leaveOut(id: string): void {
    if (this.#ahead.some((row) => row.id === id)) this.#ahead = this.#ahead.filter((row) => row.id !== id);
  }

  /** Nothing is known of this connection yet. */
  startOver(connection = 0): void {
    this.#connection = connection;
    this.#gone = 0;
    this.changed();
  }

  #read(): QueueRow[] {
    const wanted = "outcome IS NULL AND sent_on IS NOT ?";
    const urgent = this.#sql
      .exec(`SELECT * FROM queue WHERE urgent = 1 AND ${wanted} ORDER BY seq LIMIT ?`, this.#connection, READ_AHEAD)
      .toArray();
    if (urgent.length === READ_AHEAD) return urgent.map(toQueueRow);
    const rest = this.#sql
      .exec(
        `SELECT * FROM queue WHERE urgent = 0 AND seq > ? AND ${wanted} ORDER BY seq LIMIT ?`,
        this.#gone,
        this.#connection,
        READ_AHEAD - urgent.length,
      )
      .toArray();
    const first = rest[0]?.["seq"];
    this.#gone = typeof first === "number" ? first - 1 : Number.MAX_SAFE_INTEGER;
    this.#atEnd = urgent.length === 0 && rest.length === 0;
    return [...urgent, ...rest].map(toQueueRow);
  }
}
