import type { DatabaseSync } from "node:sqlite";
import { readJson } from "./database.ts";
import { Update } from "./update.ts";

/** An update on its way: which of Telegram's queues it stands in, and until when (milliseconds) it is worth a try. */
export interface Waiting {
  update: Update;
  queue: string;
  expiresAt: number;
}

/** Delivered updates that are kept, so that one can be delivered again. */
const KEPT = 1_000;

/** Updates by number. The pending ones wait for the webhook or for getUpdates. */
export class UpdateQueue {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add({ update, queue, expiresAt }: Waiting): void {
    this.#database
      .prepare("INSERT INTO happening (update_id, queue, expires_at, pending, json) VALUES (?, ?, ?, 1, ?)")
      .run(update.update_id, queue, expiresAt, JSON.stringify(update));
    this.#database.prepare("DELETE FROM happening WHERE pending = 0 AND update_id < ?").run(update.update_id - KEPT);
  }

  /** The queues in which something waits, the oldest first. */
  queues(): string[] {
    return this.#database
      .prepare("SELECT queue FROM happening WHERE pending = 1 GROUP BY queue ORDER BY min(update_id)")
      .all()
      .map((row) => String(row["queue"]));
  }

  /** The oldest update of a queue: the others wait for it. */
  head(queue: string): Waiting | undefined {
    const row = this.#database
      .prepare("SELECT * FROM happening WHERE pending = 1 AND queue = ? ORDER BY update_id LIMIT 1")
      .get(queue);
    if (row === undefined) return undefined;
    return { update: readJson(Update, row["json"]), queue, expiresAt: Number(row["expires_at"]) };
  }

  /** Pending updates from `offset` on. */
  from(offset: number, limit: number): Update[] {
    return this.#database
      .prepare("SELECT json FROM happening WHERE pending = 1 AND update_id >= ? ORDER BY update_id LIMIT ?")
      .all(offset, limit)
      .map((row) => readJson(Update, row["json"]));
  }

  /** Any update that is still known, pending or not. */
  find(updateId: number): Update | undefined {
    const row = this.#database.prepare("SELECT json FROM happening WHERE update_id = ?").get(updateId);
    return row === undefined ? undefined : readJson(Update, row["json"]);
  }

  pendingCount(): number {
    return Number(this.#database.prepare("SELECT count(*) AS n FROM happening WHERE pending = 1").get()?.["n"]);
  }

  /** Delivered, given up on, or confirmed. */
  done(updateId: number): void {
    this.#database.prepare("UPDATE happening SET pending = 0 WHERE update_id = ?").run(updateId);
  }

  /** getUpdates with an offset confirms all before it. */
  doneBefore(offset: number): void {
    this.#database.prepare("UPDATE happening SET pending = 0 WHERE update_id < ?").run(offset);
  }

  drop(): void {
    this.#database.prepare("UPDATE happening SET pending = 0").run();
  }
}
