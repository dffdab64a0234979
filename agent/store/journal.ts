import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { AGES, Command, Outcome } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import { readMeta, renewEpoch, statement, transaction, writeMeta } from "./database.ts";
import { TypingMark } from "./typing-mark.ts";

/** What became of a command, as it is told to the router until the router says that it is stored. */
export interface Result {
  id: string;
  sessionId: string;
  outcome: Outcome;
  error?: string;
}

/**
 * A command as the journal knows it.
 * - `untyped`: it waits. - `injecting`: it was or is being typed, nobody has noted how that ended.
 * - `typed`: all of it was typed; the program may still prove that it took it. - `finished`: its result is final.
 */
export type Entry =
  | { state: "untyped" | "injecting" | "typed"; position: number; command: Command }
  | { state: "finished"; result: Result };

const StoredCommand = v.pipe(v.string(), v.parseJson(), Command);
const Row = v.variant("state", [
  v.object({ state: v.literal("journaled"), position: v.number(), body: StoredCommand }),
  v.object({ state: v.literal("injecting"), position: v.number(), body: StoredCommand }),
  v.object({ state: v.literal("typed"), position: v.number(), body: StoredCommand }),
  v.object({
    state: v.literal("finished"),
    id: v.string(),
    session_id: v.string(),
    outcome: Outcome,
    error: v.nullable(v.string()),
  }),
]);
const Changed = v.object({ id: v.string(), position: v.number() });
const First = v.object({ at: v.nullable(v.number()) });

const Files = v.tuple([v.looseObject({ file: v.string() })]);

/** How many typings were begun, as the journal counts them. */
const TYPINGS = "typings";

/** The protocol's limit for the words of a result. */
const ERROR_LENGTH = 500;

function toEntry(row: unknown): Entry {
  const parsed = v.parse(Row, row);
  if (parsed.state !== "finished") {
    const state = parsed.state === "journaled" ? "untyped" : parsed.state;
    return { state, position: parsed.position, command: parsed.body };
  }
  const { id, session_id: sessionId, outcome, error } = parsed;
  return { state: "finished", result: { id, sessionId, outcome, ...(error !== null && { error }) } };
}

/**
 * The commands that this machine was given. Every method is on the disk when it returns, and throws where it could
 * not be: then nothing may be answered and nothing typed.
 */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #mark: TypingMark;
  /** What is over first; read again once anything was written. */
  #known: v.InferOutput<typeof First> | undefined;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    const [{ file }] = v.parse(Files, database.prepare("PRAGMA database_list").all());
    this.#mark = new TypingMark(`${file}.typings`);
  }

  #rows(where: string, ...values: (string | number)[]): Entry[] {
    return statement(this.#database, `SELECT * FROM command WHERE ${where} ORDER BY position`)
      .all(...values)
      .map(toEntry);
  }

  /** Ids of the commands that this statement changed, in the order of their coming. */
  #change(update: string, ...values: (string | number | null)[]): string[] {
    this.#known = undefined;
    const rows = statement(this.#database, `${update} RETURNING id, position`).all(...values);
    const changed = rows.map((row) => v.parse(Changed, row));
    return changed.toSorted((a, b) => a.position - b.position).map((row) => row.id);
  }

  find(id: string): Entry | undefined {
    return this.#rows("id = ?", id)[0];
  }

  /**
   * Writes a command down, or finds it where it is known already. A known one that still waits takes over the new
   * remaining time: the router's clock is the better one.
   */
  receive(command: Command): Entry {
    const expiresAt = this.#clock.wall() + command.remainingMs;
    this.#known = undefined;
    statement(
      this.#database,
      `INSERT INTO command (id, session_id, body, state, expires_at) VALUES (?, ?, ?, 'journaled', ?)
         ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE state = 'journaled'`,
    ).run(command.id, command.sessionId, JSON.stringify(command), expiresAt);
    const entry = this.find(command.id);
    if (entry === undefined) throw new Error(`The journal lost ${command.id}.`);
    return entry;
  }

  /**
   * Before the first byte. False where it does not wait any more: then it must not be typed. Where this throws, it may
   * be begun by half: nothing was typed, so whoever asked puts it back.
   */
  beginInjecting(id: string): boolean {
    const count = transaction(this.#database, () => {
      const begun = this.#change("UPDATE command SET state = 'injecting' WHERE id = ? AND state = 'journaled'", id);
      return begun.length === 1 ? this.#count(this.#typings + 1) : undefined;
    });
    if (count === undefined) return false;
    this.#mark.write(count);
    return true;
  }

  /** Not one byte was typed, the terminal says: it waits again. */
  putBack(id: string): void {
    this.#change("UPDATE command SET state = 'journaled' WHERE id = ? AND state = 'injecting'", id);
  }

  /**
   * The last byte was typed; whether the program took it may still turn out. What has to be said of it is kept until
   * then: see `finish`.
   */
  markTyped(id: string, remark?: string): void {
    this.#change(
      "UPDATE command SET state = 'typed', error = ? WHERE id = ? AND state = 'injecting'",
      remark ?? null,
      id,
    );
  }

  /** What was typed into a session and is not proved yet, in order. */
  unproved(sessionId: string): Command[] {
    return this.#rows("session_id = ? AND state = 'typed'", sessionId).flatMap((entry) =>
      entry.state === "typed" ? [entry.command] : [],
    );
  }

  /** The session goes on under another name: what waits for it waits for the other one. */
  renameSession(from: string, to: string): void {
    this.#change(
      `UPDATE command SET session_id = ?, body = json_set(body, '$.sessionId', ?)
       WHERE session_id = ? AND state <> 'finished'`,
      to,
      to,
      from,
    );
  }

  /**
   * The end of a command, with what was remarked when it was typed where nothing else is to be said. False where it had
   * ended already: it keeps the result that it has.
   */
  finish(id: string, outcome: Outcome, error?: string): boolean {
    const changed = this.#change(
      `UPDATE command SET state = 'finished', outcome = ?, error = COALESCE(?, error), finished_at = ?
       WHERE id = ? AND state <> 'finished'`,
      outcome,
      error?.slice(0, ERROR_LENGTH) ?? null,
      this.#clock.wall(),
      id,
    );
    return changed.length === 1;
  }

  /** Ends every command of a session that still waits, or was typed and never proved. Returns their ids. */
  failSession(sessionId: string, error: string): string[] {
    const typed = this.#change(
      `UPDATE command SET state = 'finished', outcome = 'typed', finished_at = ? WHERE session_id = ? AND state = 'typed'`,
      this.#clock.wall(),
      sessionId,
    );
    const failed = this.#change(
      `UPDATE command SET state = 'finished', outcome = 'failed', error = ?, finished_at = ?
       WHERE session_id = ? AND state = 'journaled'`,
      error.slice(0, ERROR_LENGTH),
      this.#clock.wall(),
      sessionId,
    );
    return [...typed, ...failed];
  }

  /** Cancels what waits, and remembers an id that never came, should it still come. */
  cancel(id: string, sessionId: string): void {
    const now = this.#clock.wall();
    statement(
      this.#database,
      `INSERT INTO command (id, session_id, state, outcome, finished_at, expires_at)
         VALUES (?, ?, 'finished', 'cancelled', ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = 'finished', outcome = 'cancelled', finished_at = excluded.finished_at
         WHERE state = 'journaled'`,
    ).run(id, sessionId, now, now);
  }

  /** Ends what is over by the wall clock: what waits expires, what was typed and never proved is `typed`. */
  expire(): string[] {
    const now = this.#clock.wall();
    // Asked every second, and nearly never is anything over.
    if (now < this.#firstExpiry()) return [];
    const typed = this.#change(
      `UPDATE command SET state = 'finished', outcome = 'typed', finished_at = ? WHERE state = 'typed' AND expires_at <= ?`,
      now,
      now,
    );
    const expired = this.#change(
      `UPDATE command SET state = 'finished', outcome = 'expired', error = ?, finished_at = ?
       WHERE state = 'journaled' AND expires_at <= ?`,
      "its time was over before it could be typed",
      now,
      now,
    );
    return [...typed, ...expired];
  }

  /** When the first of all that is open is over; Infinity where nothing is. */
  #firstExpiry(): number {
    this.#known ??= v.parse(
      First,
      statement(
        this.#database,
        "SELECT MIN(expires_at) AS at FROM command WHERE state IN ('journaled', 'typed')",
      ).get(),
    );
    return this.#known.at ?? Number.POSITIVE_INFINITY;
  }

  /**
   * After a start: what was being typed when the agent stopped. Nobody can know how far it came. Where the file lost what
   * was written last, nobody knows of anything in it that waits, either, nor of what else the router has sent.
   */
  recover(): string[] {
    const begun = this.#mark.read();
    if (begun <= this.#typings) return this.#inDoubt("the agent stopped while this was being typed", "injecting");
    return transaction(this.#database, () => {
      renewEpoch(this.#database);
      this.#count(begun);
      return this.#inDoubt("the agent's journal lost what was written last", "injecting", "journaled");
    });
  }

  #inDoubt(why: string, ...states: string[]): string[] {
    return this.#change(
      `UPDATE command SET state = 'finished', outcome = 'unknown', error = ?, finished_at = ?
       WHERE state IN (SELECT value FROM json_each(?))`,
      `${why}: look at the terminal before you send it again`,
      this.#clock.wall(),
      JSON.stringify(states),
    );
  }

  get #typings(): number {
    return Number(readMeta(this.#database, TYPINGS) ?? 0);
  }

  #count(typings: number): number {
    writeMeta(this.#database, TYPINGS, String(typings));
    return typings;
  }

  /** The results that the router has not confirmed, oldest first. */
  unconfirmed(): Result[] {
    return this.#rows("state = 'finished' AND result_stored = 0").flatMap((entry) =>
      entry.state === "finished" ? [entry.result] : [],
    );
  }

  /** The router keeps the result now: the text of the command is deleted, its id stays. */
  confirm(id: string): void {
    this.#change(
      "UPDATE command SET result_stored = 1, body = NULL, error = NULL WHERE id = ? AND state = 'finished'",
      id,
    );
  }

  /** Forgets what was confirmed and is so old that the router will not ask for it again. */
  prune(): void {
    this.#change(
      "DELETE FROM command WHERE state = 'finished' AND result_stored = 1 AND finished_at < ?",
      this.#clock.wall() - AGES.rememberCommand,
    );
  }

  /** How many commands wait here, by session. */
  waiting(): Map<string, number> {
    const Count = v.object({ session_id: v.string(), n: v.number() });
    const rows = statement(
      this.#database,
      "SELECT session_id, count(*) AS n FROM command WHERE state = 'journaled' GROUP BY session_id",
    ).all();
    return new Map(rows.map((row) => v.parse(Count, row)).map((row) => [row.session_id, row.n]));
  }
}
