import type { Kept, Memory } from "../actor/memory.ts";

/** Whose session this is, where it runs, and what it is called. */
export interface Registered {
  readonly sessionId: string;
  readonly machineId: string;
  readonly ownerId: number;
  readonly label: string | null;
  readonly timeZone: string | null;
  /** Whether it runs in a terminal that can be typed into. */
  readonly typable: boolean;
  /** When it started on its machine, by the claim in force, in milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly registeredAt: number;
  /** It will end then, unless a successor takes over: after /clear the end comes before the new start. */
  readonly endingAt: number | null;
  readonly endedAt: number | null;
  /** The session that goes on in its stead. */
  readonly successor: string | null;
}

interface Row extends Record<string, SqlStorageValue> {
  session_id: string;
  machine_id: string;
  owner_id: number;
  label: string | null;
  time_zone: string | null;
  typable: number;
  started_at: number | null;
  registered_at: number;
  ending_at: number | null;
  ended_at: number | null;
  successor: string | null;
}

/** The single row of a SessionDO about the session itself. */
export class Registration {
  readonly #sql: SqlStorage;
  /** Every step of every command asks for it. */
  readonly #row: Kept<Registered | undefined>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#row = memory.keep(() => this.#read());
  }

  read(): Registered | undefined {
    return this.#row.value;
  }

  #read(): Registered | undefined {
    const [row] = this.#sql.exec<Row>("SELECT * FROM registration").toArray();
    if (row === undefined) return undefined;
    return {
      sessionId: row.session_id,
      machineId: row.machine_id,
      ownerId: row.owner_id,
      label: row.label,
      timeZone: row.time_zone,
      typable: row.typable === 1,
      startedAt: row.started_at,
      registeredAt: row.registered_at,
      endingAt: row.ending_at,
      endedAt: row.ended_at,
      successor: row.successor,
    };
  }

  /** Registers, or registers again: whatever was ending or had a successor is alive once more. */
  put(session: Omit<Registered, "endingAt" | "endedAt" | "successor">): void {
    this.#row.forget();
    this.#sql.exec(
      `INSERT OR REPLACE INTO registration (one, session_id, machine_id, owner_id, label, time_zone, typable, started_at,
         registered_at)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
      session.sessionId,
      session.machineId,
      session.ownerId,
      session.label,
      session.timeZone,
      session.typable ? 1 : 0,
      session.startedAt,
      session.registeredAt,
    );
  }

  endBy(at: number): void {
    this.#row.forget();
    this.#sql.exec("UPDATE registration SET ending_at = ?", at);
  }

  end(now: number): void {
    this.#row.forget();
    this.#sql.exec("UPDATE registration SET ended_at = ?, ending_at = NULL WHERE ended_at IS NULL", now);
  }

  /** The session goes on under another name; this one answers for its old messages. */
  succeededBy(sessionId: string, checkAt: number): void {
    this.#row.forget();
    this.#sql.exec("UPDATE registration SET successor = ?, ending_at = ?", sessionId, checkAt);
  }
}
