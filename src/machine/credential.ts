import type { Kept, Memory } from "../actor/memory.ts";
import type { Schema } from "../actor/schema.ts";

/** Who this machine is, whose, and by which key it is known. */
export interface Machine {
  readonly name: string;
  /** The Telegram user who paired it last. */
  readonly ownerId: number;
  /** SHA-256 of the key's random part; null where no key is good: then the name is free. */
  readonly keyHash: string | null;
  /** Counts accepted hellos: the number of the newest connection, and so the fence. */
  readonly connection: number;
  readonly journalEpoch: string | null;
  readonly agentVersion: string | null;
  readonly lastSeenAt: number | null;
}

/** The single row of a MachineDO about the machine itself. */
export class Credential {
  readonly #sql: SqlStorage;
  readonly #schema: Schema;
  /** Every frame and every offer ask for it. */
  readonly #row: Kept<Machine | undefined>;

  constructor(storage: DurableObjectStorage, schema: Schema, memory: Memory) {
    this.#sql = storage.sql;
    this.#schema = schema;
    this.#row = memory.keep(() => this.#read());
  }

  /** Undefined where nothing was ever paired under this name. */
  read(): Machine | undefined {
    return this.#schema.exists ? this.#row.value : undefined;
  }

  #read(): Machine | undefined {
    const [row] = this.#sql
      .exec<{
        name: string;
        owner_id: number;
        key_hash: string | null;
        connection: number;
        journal_epoch: string | null;
        agent_version: string | null;
        last_seen_at: number | null;
      }>("SELECT * FROM machine")
      .toArray();
    if (row === undefined) return undefined;
    return {
      name: row.name,
      ownerId: row.owner_id,
      keyHash: row.key_hash,
      connection: row.connection,
      journalEpoch: row.journal_epoch,
      agentVersion: row.agent_version,
      lastSeenAt: row.last_seen_at,
    };
  }

  /** Makes `keyHash` the one good key, and `ownerId` the owner. A new owner learns nothing of the one before. */
  set(name: string, ownerId: number, keyHash: string): void {
    this.#row.forget();
    this.#sql.exec(
      `INSERT INTO machine (one, name, owner_id, key_hash) VALUES (1, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET owner_id = excluded.owner_id, key_hash = excluded.key_hash,
         agent_version = CASE WHEN owner_id = excluded.owner_id THEN agent_version END,
         last_seen_at = CASE WHEN owner_id = excluded.owner_id THEN last_seen_at END`,
      name,
      ownerId,
      keyHash,
    );
  }

  /** No key is good any more, and the name is free. */
  revoke(): void {
    this.#row.forget();
    this.#sql.exec("UPDATE machine SET key_hash = NULL");
  }

  /** A hello was accepted. Returns the number of the new connection. */
  connected(journalEpoch: string, agentVersion: string, now: number): number {
    this.#row.forget();
    return this.#sql
      .exec<{ connection: number }>(
        `UPDATE machine SET connection = connection + 1, journal_epoch = ?, agent_version = ?, last_seen_at = ? RETURNING connection`,
        journalEpoch,
        agentVersion,
        now,
      )
      .one().connection;
  }

  seen(at: number): void {
    this.#row.forget();
    this.#sql.exec("UPDATE machine SET last_seen_at = MAX(COALESCE(last_seen_at, 0), ?)", at);
  }
}
