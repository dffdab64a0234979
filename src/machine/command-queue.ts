import * as v from "valibot";
import { AGES, type Outcome, Outcome as OutcomeSchema, URGENT } from "../protocol.ts";
import type { Offer, Result } from "./offer.ts";

/** A command that has no outcome yet, or one whose outcome its SessionDO has not taken yet. */
export interface QueueRow extends Offer {
  /** Whose machine this was when it took the command. */
  readonly ownerId: number;
  /** The connection on which it was last sent; null: never sent, so nobody but this queue knows of it. */
  readonly sentOn: number | null;
  /** The agent is to be asked to cancel it, instead of being sent it again. */
  readonly cancelling: boolean;
  readonly ended: { readonly outcome: Outcome; readonly error: string | null; readonly tries: number } | null;
}

/** What is kept in memory of each row: offers and results are answered without asking the table. */
export type KnownRow = Pick<QueueRow, "id" | "ownerId" | "sessionId" | "sentOn" | "ended">;

/** A row whose shape the code at hand did not write: the schema is the edge here. */
const Row = v.object({
  id: v.string(),
  owner_id: v.number(),
  session_id: v.string(),
  kind: v.string(),
  command: v.string(),
  nonce: v.nullable(v.string()),
  choice: v.nullable(v.string()),
  expires_at: v.number(),
  sent_on: v.nullable(v.number()),
  cancelling: v.number(),
  outcome: v.nullable(OutcomeSchema),
  error: v.nullable(v.string()),
  hand_on_tries: v.number(),
});

function fromRow(row: unknown): QueueRow {
  const { owner_id, session_id, expires_at, sent_on, outcome, error, nonce, choice, hand_on_tries, ...same } = v.parse(
    Row,
    row,
  );
  return {
    id: same.id,
    ownerId: owner_id,
    kind: same.kind,
    sessionId: session_id,
    command: same.command,
    ...(nonce === null ? {} : { nonce }),
    ...(choice === null ? {} : { choice }),
    expiresAt: expires_at,
    sentOn: sent_on,
    cancelling: same.cancelling === 1,
    ended: outcome === null ? null : { outcome, error, tries: hand_on_tries },
  };
}

/** Rows that are read at once for a connection: at 64 KB a command some 4 MB at most. */
const READ_AHEAD = 64;

const Known = v.pick(Row, ["id", "owner_id", "session_id", "sent_on", "outcome", "error", "hand_on_tries"]);

function knownFrom(row: unknown): KnownRow {
  const { id, owner_id, session_id, sent_on, outcome, error, hand_on_tries } = v.parse(Known, row);
  return {
    id,
    ownerId: owner_id,
    sessionId: session_id,
    sentOn: sent_on,
    ended: outcome === null ? null : { outcome, error, tries: hand_on_tries },
  };
}

/**
 * The durable queue of one machine: first in, first out, urgent kinds before the rest. A row stays until its SessionDO
 * has taken its outcome.
 */
export class CommandQueue {
  readonly #storage: DurableObjectStorage;
  /** All rows, by id; read once, then kept: 20,000 of them take a few megabytes. */
  #known: Map<string, KnownRow> | undefined;
  /** How many rows have no outcome, by session. */
  #live = new Map<string, number>();
  /** Up to here all rows but urgent ones have gone out on this connection: what is held need not be read again. */
  #gone = { connection: 0, seq: 0 };
  /** What goes out next on this connection: read, and not asked for yet. */
  #ahead: { connection: number; rows: readonly QueueRow[] } = { connection: 0, rows: [] };
  /** All rows without an outcome have gone out on this connection; null where that is not known. */
  #caughtUp: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }

  get(id: string): KnownRow | undefined {
    return this.#rows().get(id);
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
    this.#keep({ id, ownerId, sessionId, sentOn, ended: null });
    this.#gone.seq = Math.min(this.#gone.seq, seq - 1);
    if (sentOn !== this.#caughtUp) this.#caughtUp = null;
    // Others have their place behind what was read.
    if (URGENT.has(offer.kind)) this.#lookAgain();
  }

  /** What has to go out on this connection, in order. The caller sends or ends all of it. */
  toSend(connection: number, limit: number): QueueRow[] {
    // Every journaled frame and every result asks, and there is nearly never anything.
    if (this.#caughtUp === connection) return [];
    if (this.#ahead.connection !== connection || this.#ahead.rows.length === 0)
      this.#ahead = { connection, rows: this.#readAhead(connection) };
    const rows = this.#ahead.rows.slice(0, limit);
    this.#ahead.rows = this.#ahead.rows.slice(limit);
    return rows;
  }

  /** A long queue goes out one by one, as the window opens, and is read by many. */
  #readAhead(connection: number): QueueRow[] {
    const wanted = "outcome IS NULL AND sent_on IS NOT ?";
    const urgent = this.#sql
      .exec(`SELECT * FROM queue WHERE urgent = 1 AND ${wanted} ORDER BY seq LIMIT ?`, connection, READ_AHEAD)
      .toArray();
    if (urgent.length === READ_AHEAD) return urgent.map(fromRow);
    const after = this.#gone.connection === connection ? this.#gone.seq : 0;
    const rest = this.#sql
      .exec(
        `SELECT * FROM queue WHERE urgent = 0 AND seq > ? AND ${wanted} ORDER BY seq LIMIT ?`,
        after,
        connection,
        READ_AHEAD - urgent.length,
      )
      .toArray();
    const first = rest[0]?.["seq"];
    this.#gone = { connection, seq: typeof first === "number" ? first - 1 : Number.MAX_SAFE_INTEGER };
    if (urgent.length === 0 && rest.length === 0) this.#caughtUp = connection;
    return [...urgent, ...rest].map(fromRow);
  }

  markSent(ids: readonly string[], connection: number): void {
    for (const id of ids) {
      const row = this.get(id);
      if (row !== undefined) this.#keep({ ...row, sentOn: connection });
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
    if (row === undefined || (row.ended !== null && row.ended.outcome !== "unknown")) return;
    this.#sql.exec(
      "UPDATE queue SET outcome = ?, error = ?, hand_on_at = ?, hand_on_tries = 0 WHERE id = ?",
      outcome,
      error,
      handOnAt,
      id,
    );
    this.#keep({ ...row, ended: { outcome, error, tries: 0 } });
    this.#leaveOut(id);
  }

  /** Keeps the result of a command that has no row any more, until its SessionDO takes it. */
  addEnded(ownerId: number, id: string, sessionId: string, result: Omit<Result, "name">, handOnAt: number): void {
    const { outcome, error } = result;
    if (this.get(id) === undefined)
      this.#keep({ id, ownerId, sessionId, sentOn: null, ended: { outcome, error, tries: 0 } });
    this.#sql.exec(
      `INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, expires_at, outcome, error, hand_on_at)
       VALUES (?, ?, ?, 'text', 0, '', ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
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
      .map(fromRow);
  }

  /** Its SessionDO has taken this outcome. A row that knows better by now stays, to be handed on again. */
  taken(id: string, outcome: Outcome): void {
    // Read anew: the row may have ended, or gone, while its SessionDO was told.
    const row = this.get(id);
    if (row === undefined) return;
    if (row.ended !== null && row.ended.outcome !== outcome && row.ended.outcome !== "unknown") return;
    this.#sql.exec("DELETE FROM queue WHERE id = ?", id);
    this.#forget(row);
    this.#leaveOut(id);
  }

  /** Replaces the text of a command, unless it was sent. */
  edit(id: string, command: string): void {
    this.#sql.exec("UPDATE queue SET command = ? WHERE id = ? AND sent_on IS NULL", command, id);
    this.#lookAgain();
  }

  /** Asks for a sent command to be cancelled: on the present connection at once, and on every later one, first of all. */
  cancelSent(id: string): void {
    this.#sql.exec("UPDATE queue SET cancelling = 1, urgent = 1 WHERE id = ?", id);
    this.#lookAgain();
  }

  /** The rows without an outcome, of one session or of all, in order. */
  live(sessionId?: string): QueueRow[] {
    const rows =
      sessionId === undefined
        ? this.#sql.exec("SELECT * FROM queue WHERE outcome IS NULL ORDER BY seq")
        : this.#sql.exec("SELECT * FROM queue WHERE outcome IS NULL AND session_id = ? ORDER BY seq", sessionId);
    return rows.toArray().map(fromRow);
  }

  rename(from: string, to: string): void {
    this.#sql.exec("UPDATE queue SET session_id = ? WHERE session_id = ?", to, from);
    this.readAgain();
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
      .map(fromRow);
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
    this.#rows();
    if (sessionId !== undefined) return this.#live.get(sessionId) ?? 0;
    let all = 0;
    for (const count of this.#live.values()) all += count;
    return all;
  }

  get isEmpty(): boolean {
    return this.#rows().size === 0;
  }

  /** What is kept in memory is no longer sure: a transaction was rolled back. */
  readAgain(): void {
    this.#known = undefined;
    this.#gone = { connection: 0, seq: 0 };
    this.#caughtUp = null;
    this.#lookAgain();
  }

  /** What was read ahead is not what goes out next any more. */
  #lookAgain(): void {
    this.#ahead.rows = [];
  }

  /** This does not go out any more. */
  #leaveOut(id: string): void {
    if (this.#ahead.rows.some((row) => row.id === id))
      this.#ahead.rows = this.#ahead.rows.filter((row) => row.id !== id);
  }

  #rows(): Map<string, KnownRow> {
    if (this.#known !== undefined) return this.#known;
    const rows = this.#sql
      .exec("SELECT id, owner_id, session_id, sent_on, outcome, error, hand_on_tries FROM queue")
      .toArray()
      .map(knownFrom);
    this.#known = new Map();
    this.#live = new Map();
    for (const row of rows) this.#keep(row);
    return this.#known;
  }

  /** Keeps a row in memory as it is from now on. */
  #keep(row: KnownRow): void {
    const before = this.#rows().get(row.id);
    this.#rows().set(row.id, row);
    const change = Number(row.ended === null) - Number(before !== undefined && before.ended === null);
    this.#count(row.sessionId, change);
  }

  #forget({ id, sessionId, ended }: KnownRow): void {
    this.#rows().delete(id);
    if (ended === null) this.#count(sessionId, -1);
  }

  #count(sessionId: string, change: number): void {
    const count = (this.#live.get(sessionId) ?? 0) + change;
    if (count === 0) this.#live.delete(sessionId);
    else this.#live.set(sessionId, count);
  }
}
