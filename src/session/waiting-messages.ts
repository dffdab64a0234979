import type { Kept, Memory } from "../actor/memory.ts";

/** The message that says how many commands wait for a sleeping machine. */
export interface WaitingMessage {
  readonly chatId: number;
  readonly messageId: number;
  readonly since: number | null;
  /** Its text as it stands in the chat. */
  readonly shown: string;
}

/** At most one such message a chat; edited, never repeated. */
export class WaitingMessages {
  readonly #sql: SqlStorage;
  /** Every receipt asks, and there is nearly never one. */
  readonly #all: Kept<readonly WaitingMessage[]>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#all = memory.keep(() =>
      this.#sql
        .exec<{ chat_id: number; message_id: number; since: number | null; shown: string }>("SELECT * FROM waiting")
        .toArray()
        .map((row) => ({ chatId: row.chat_id, messageId: row.message_id, since: row.since, shown: row.shown })),
    );
  }

  all(): readonly WaitingMessage[] {
    return this.#all.value;
  }

  put({ chatId, messageId, since, shown }: WaitingMessage): void {
    this.#all.forget();
    this.#sql.exec(
      "INSERT OR REPLACE INTO waiting (chat_id, message_id, since, shown) VALUES (?, ?, ?, ?)",
      chatId,
      messageId,
      since,
      shown,
    );
  }

  remove(chatId: number): void {
    this.#all.forget();
    this.#sql.exec("DELETE FROM waiting WHERE chat_id = ?", chatId);
  }
}
