import type { Kept, Memory } from "../actor/memory.ts";

/** A session that this machine carries commands for. */
export interface IndexedSession {
  readonly sessionId: string;
  readonly label: string | null;
  readonly registeredAt: number;
}

/** The sessions of one machine. An index: the SessionDOs hold the truth. */
export class SessionIndex {
  readonly #storage: DurableObjectStorage;
  /** Every offer asks. */
  readonly #known: Kept<ReadonlySet<string>>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#storage = storage;
    this.#known = memory.keep(() => {
      const rows = storage.sql.exec<{ session_id: string }>("SELECT session_id FROM session").toArray();
      return new Set(rows.map((row) => row.session_id));
    });
  }

  has(sessionId: string): boolean {
    return this.#known.value.has(sessionId);
  }

  put(sessionId: string, ownerId: number, label: string | null, now: number): void {
    this.#known.forget();
    this.#storage.sql.exec(
      `INSERT INTO session (session_id, owner_id, label, registered_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (session_id) DO UPDATE SET owner_id = excluded.owner_id, label = excluded.label, registered_at = excluded.registered_at, ending = NULL`,
      sessionId,
      ownerId,
      label,
      now,
    );
  }

  remove(sessionId: string): void {
    this.#known.forget();
    this.#storage.sql.exec("DELETE FROM session WHERE session_id = ?", sessionId);
  }

  /** Its SessionDO has heard of the end; a session that was registered again meanwhile stays. */
  removeEnded(sessionId: string): void {
    this.#known.forget();
    this.#storage.sql.exec("DELETE FROM session WHERE session_id = ? AND ending IS NOT NULL", sessionId);
  }

  /** The sessions that are not over, oldest registration first. */
  all(): IndexedSession[] {
    return this.#storage.sql
      .exec<{ session_id: string; label: string | null; registered_at: number }>(
        "SELECT session_id, label, registered_at FROM session WHERE ending IS NULL ORDER BY registered_at, session_id",
      )
      .toArray()
      .map((row) => ({ sessionId: row.session_id, label: row.label, registeredAt: row.registered_at }));
  }

  /** Notes that the session is over here; its SessionDO has yet to hear of it. */
  end(sessionId: string, why: string): void {
    this.#storage.sql.exec("UPDATE session SET ending = ? WHERE session_id = ?", why, sessionId);
  }

  ending(): { sessionId: string; ownerId: number; why: string }[] {
    return this.#storage.sql
      .exec<{ session_id: string; owner_id: number; ending: string }>(
        "SELECT session_id, owner_id, ending FROM session WHERE ending IS NOT NULL",
      )
      .toArray()
      .map((row) => ({ sessionId: row.session_id, ownerId: row.owner_id, why: row.ending }));
  }

  get isEmpty(): boolean {
    return this.#storage.sql.exec("SELECT 1 FROM session LIMIT 1").toArray().length === 0;
  }
}
