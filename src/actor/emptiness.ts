import type { Memory } from "./memory.ts";

/** Whether a table is empty: most are, nearly always, and every command would have to ask each of them. */
export class Emptiness {
  readonly #sql: SqlStorage;
  readonly #table: string;
  /** Asked, and nothing was put in since. */
  #isSure = false;

  /** @param table one of our own tables: its name goes into a statement as it is */
  constructor(sql: SqlStorage, table: string, memory: Memory) {
    this.#sql = sql;
    this.#table = table;
    memory.onForget(() => this.doubt());
  }

  get isEmpty(): boolean {
    this.#isSure ||= this.#sql.exec(`SELECT 1 FROM ${this.#table} LIMIT 1`).toArray().length === 0;
    return this.#isSure;
  }

  /** Something was put in. */
  doubt(): void {
    this.#isSure = false;
  }
}
