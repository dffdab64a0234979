import * as v from "valibot";
import { AGES } from "../protocol.ts";

/** A notification that was asked for: by its id it is never sent twice. */
export interface Notification {
  readonly id: string;
  readonly chatId: number;
  /** Why Telegram will never take it; null otherwise. */
  readonly refused: string | null;
  /** The messages that carry it so far, in order. */
  readonly messageIds: readonly number[];
}

const Row = v.object({
  id: v.string(),
  chat_id: v.number(),
  refused: v.nullable(v.string()),
  message_ids: v.pipe(v.string(), v.parseJson(), v.array(v.number())),
});

/** What was notified in the last 48 h. */
export class Notifications {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  get(id: string): Notification | undefined {
    const [row] = this.#sql.exec("SELECT * FROM notification WHERE id = ?", id).toArray();
    if (row === undefined) return undefined;
    const parsed = v.parse(Row, row);
    return { id: parsed.id, chatId: parsed.chat_id, refused: parsed.refused, messageIds: parsed.message_ids };
  }

  add(id: string, chatId: number, now: number): void {
    this.#sql.exec("INSERT INTO notification (id, chat_id, at) VALUES (?, ?, ?)", id, chatId, now);
  }

  sent(id: string, messageId: number): void {
    const known = this.get(id);
    if (known === undefined) return;
    this.#sql.exec(
      "UPDATE notification SET message_ids = ? WHERE id = ?",
      JSON.stringify([...known.messageIds, messageId]),
      id,
    );
  }

  refuse(id: string, reason: string): void {
    this.#sql.exec("UPDATE notification SET refused = ? WHERE id = ?", reason, id);
  }

  /** Forgets what came before `before`. Returns when the next one is past remembering, null where none is left. */
  prune(before: number): number | null {
    this.#sql.exec("DELETE FROM notification WHERE at <= ?", before);
    const { oldest } = this.#sql.exec<{ oldest: number | null }>("SELECT MIN(at) AS oldest FROM notification").one();
    return oldest === null ? null : oldest + AGES.rememberNotification;
  }
}
