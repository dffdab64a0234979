/**
 * The schema of one object: an append-only list of steps. A step that has run anywhere is never changed, only
 * followed by another. The version lies in a table, since Durable Objects refuse `PRAGMA user_version`.
 */
export class Schema {
  readonly #storage: DurableObjectStorage;
  readonly #steps: readonly string[];
  #exists: boolean | undefined;

  constructor(storage: DurableObjectStorage, steps: readonly string[]) {
    this.#storage = storage;
    this.#steps = steps;
  }

  /** Whether this object has ever been created. Asking writes nothing, and reads no row: every wake asks. */
  get exists(): boolean {
    this.#exists ??=
      this.#storage.sql.exec("SELECT 1 FROM pragma_table_info('schema_version') LIMIT 1").toArray().length > 0;
    return this.#exists;
  }

  /** Brings a schema that is there up to date; an object that was never created stays empty. */
  upgrade(): void {
    if (this.exists) this.create();
  }

  /** Creates the schema, or brings it up to date. All steps or none. */
  create(): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
      const [row] = sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray();
      const version = row?.version ?? 0;
      // A newer Worker may have been here: what it added stays, and is not added again when it comes back.
      if (version >= this.#steps.length) return;
      for (const step of this.#steps.slice(version)) sql.exec(step);
      sql.exec("DELETE FROM schema_version");
      sql.exec("INSERT INTO schema_version (version) VALUES (?)", this.#steps.length);
    });
    this.#exists = true;
  }

  /** Deletes all that the object stored, its alarm included. The live object is as if it had never been created. */
  async wipe(): Promise<void> {
    this.#exists = false;
    try {
      await this.#storage.deleteAll();
    } catch (error) {
      // It is all still there, and has to be deleted later.
      this.#exists = undefined;
      throw error;
    }
  }
}
