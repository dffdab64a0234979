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
  /** Read once: every receipt asks for it, and there is nearly never one. */
  #all: readonly WaitingMessage[] | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  all(): readonly WaitingMessage[] {
    this.#all ??= this.#sql
      .exec<{ chat_id: number; message_id: number; since: number | null; shown: string }>("SELECT * FROM waiting")
      .toArray()
      .map((row) => ({ chatId: row.chat_id, messageId: row.message_id, since: row.since, shown: row.shown }));
    return this.#all;
  }

  put({ chatId, messageId, since, shown }: WaitingMessage): void {
    this.#all = undefined;
    this.#sql.exec(
      "INSERT OR REPLACE INTO waiting (chat_id, message_id, since, shown) VALUES (?, ?, ?, ?)",
      chatId,
      messageId,
      since,
      shown,
    );
  }

  remove(chatId: number): void {
    this.#all = undefined;
    this.#sql.exec("DELETE FROM waiting WHERE chat_id = ?", chatId);
  }
}
