import type { Memory } from "../actor/memory.ts";
import { AGES, type Outcome, URGENT } from "../protocol.ts";
import { KnownRows } from "./known-rows.ts";
import type { Offer, Result } from "./offer.ts";
import { type KnownRow, type QueueRow, toQueueRow } from "./queue-row.ts";
import { SendCursor } from "./send-cursor.ts";

/**
 * The durable queue of one machine: first in, first out, urgent kinds before the rest. A row stays until its SessionDO
 * has taken its outcome.
 */
export class CommandQueue {
  readonly #sql: SqlStorage;
  readonly #known: KnownRows;
  readonly #cursor: SendCursor;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#known = new KnownRows(storage, memory);
    this.#cursor = new SendCursor(storage, memory);
  }

  get(id: string): KnownRow | undefined {
    return this.#known.get(id);
  }

  /** Adds a command, already marked as sent where it goes out at once. */
  add(ownerId: number, offer: Offer, sentOn: number | null): void {
    const { id, sessionId } = offer;
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, nonce, choice, expires_at, sent_on)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
        id,
        ownerId,
        sessionId,
        offer.kind,
        URGENT.has(offer.kind) ? 1 : 0,
        offer.command,
        offer.nonce ?? null,
        offer.choice ?? null,
        offer.expiresAt,
        sentOn,
      )
      .one();
    this.#known.set({ id, ownerId, sessionId, sentOn, outcome: null });
    if (sentOn === null) this.#cursor.came(seq, URGENT.has(offer.kind));
  }

  /** What has to go out on this connection, in order. The caller sends or ends all of it. */
  toSend(connection: number, limit: number): readonly QueueRow[] {
    return this.#cursor.next(connection, limit);
  }

  markSent(ids: readonly string[], connection: number): void {
    for (const id of ids) {
      const row = this.get(id);
      if (row !== undefined) this.#known.set({ ...row, sentOn: connection });
    }
    this.#sql.exec(
      "UPDATE queue SET sent_on = ? WHERE id IN (SELECT value FROM json_each(?))",
      connection,
      JSON.stringify(ids),
    );
  }

  /**
   * Gives a command its outcome; its SessionDO is told at `handOnAt`. The first outcome stands, but for `unknown`: that
   * gives way to a result that knows better.
   */
  end(id: string, outcome: Outcome, error: string | null, handOnAt: number): void {
    const row = this.get(id);
    if (row === undefined || (row.outcome !== null && row.outcome !== "unknown")) return;
    this.#sql.exec(
      "UPDATE queue SET outcome = ?, error = ?, hand_on_at = ?, hand_on_tries = 0 WHERE id = ?",
      outcome,
      error,
      handOnAt,
      id,
    );
    this.#known.set({ ...row, outcome });
    this.#cursor.leaveOut(id);
  }

  /** Keeps the result of a command that has no row any more, until its SessionDO takes it. */
  addEnded(ownerId: number, id: string, sessionId: string, result: Omit<Result, "name">, handOnAt: number): void {
    const { outcome, error } = result;
    if (this.get(id) !== undefined) return;
    this.#known.set({ id, ownerId, sessionId, sentOn: null, outcome });
    this.#sql.exec(
      `INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, expires_at, outcome, error, hand_on_at)
       VALUES (?, ?, ?, 'text', 0, '', ?, ?, ?, ?)`,
      id,
      ownerId,
      sessionId,
      handOnAt,
      outcome,
      error,
      handOnAt,
    );
  }

  /** Its SessionDO could not take the outcome: again later. */
  handOnAgain(id: string, at: number): void {
    this.#sql.exec("UPDATE queue SET hand_on_at = ?, hand_on_tries = hand_on_tries + 1 WHERE id = ?", at, id);
  }

  toHandOn(now: number, limit: number): QueueRow[] {
    return this.#sql
      .exec(
        "SELECT * FROM queue WHERE outcome IS NOT NULL AND hand_on_at <= ? ORDER BY hand_on_at, seq LIMIT ?",
        now,
        limit,
      )
      .toArray()
      .map(toQueueRow);
  }

  /** Its SessionDO has taken this outcome. A row that knows better by now stays, to be handed on again. */
  taken(id: string, outcome: Outcome): void {
    // Read anew: the row may have ended, or gone, while its SessionDO was told.
    const row = this.get(id);
    if (row === undefined) return;
    if (row.outcome !== null && row.outcome !== outcome && row.outcome !== "unknown") return;
    this.#sql.exec("DELETE FROM queue WHERE id = ?", id);
    this.#known.delete(row);
    this.#cursor.leaveOut(id);
  }

  /** The text of a command; undefined where it has no row, or one that was made for its result alone. */
  textOf(id: string): string | undefined {
    const [row] = this.#sql.exec<{ command: string }>("SELECT command FROM queue WHERE id = ?", id).toArray();
    return row?.command === "" ? undefined : row?.command;
  }

  /** Replaces the text of a command, unless it was sent. */
  edit(id: string, command: string): void {
    this.#sql.exec("UPDATE queue SET command = ? WHERE id = ? AND sent_on IS NULL", command, id);
    this.#cursor.changed();
  }

  /** Asks for a sent command to be cancelled: on the present connection at once, and on every later one, first of all. */
  cancelSent(id: string): void {
    this.#sql.exec("UPDATE queue SET cancelling = 1, urgent = 1 WHERE id = ?", id);
    this.#cursor.changed();
  }

  /** The rows without an outcome, of one session or of all, in order. */
  live(sessionId?: string): QueueRow[] {
    const rows =
      sessionId === undefined
        ? this.#sql.exec("SELECT * FROM queue WHERE outcome IS NULL ORDER BY seq")
        : this.#sql.exec("SELECT * FROM queue WHERE outcome IS NULL AND session_id = ? ORDER BY seq", sessionId);
    return rows.toArray().map(toQueueRow);
  }

  rename(from: string, to: string): void {
    this.#sql.exec("UPDATE queue SET session_id = ? WHERE session_id = ?", to, from);
    this.#known.forget();
    this.#cursor.changed();
  }

  /** The rows that nobody may type any more, with what is known of them. */
  overdue(now: number): QueueRow[] {
    return this.#sql
      .exec(
        `SELECT * FROM queue WHERE outcome IS NULL
         AND expires_at + CASE WHEN sent_on IS NULL THEN 0 ELSE ? END <= ? ORDER BY seq`,
        AGES.resultAfterExpiry,
        now,
      )
      .toArray()
      .map(toQueueRow);
  }

  /** When the next row is overdue or to be handed on; null where nothing waits. */
  nextDue(): number | null {
    const { due } = this.#sql
      .exec<{ due: number | null }>(
        `SELECT MIN(CASE WHEN outcome IS NOT NULL THEN hand_on_at WHEN sent_on IS NULL THEN expires_at ELSE expires_at + ? END) AS due FROM queue`,
        AGES.resultAfterExpiry,
      )
      .one();
    return due;
  }

  /** How many rows have no outcome yet, in one session or in all. */
  depth(sessionId?: string): number {
    return this.#known.depth(sessionId);
  }

  get isEmpty(): boolean {
    return this.#known.isEmpty;
  }
}
