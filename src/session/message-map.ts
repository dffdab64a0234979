import * as v from "valibot";
import { Keyboard } from "./keyboard.ts";

/** A message of the bot that has buttons: kept so that they can be retired, or show what became of a press. */
export interface MappedMessage {
  readonly chatId: number;
  readonly messageId: number;
  readonly keyboard: Keyboard;
  /** The turn's buttons leave with the next turn, a question's when it closes, a note's when one is pressed. */
  readonly role: "turn" | "question" | "note";
}

const Row = v.object({
  chat_id: v.number(),
  message_id: v.number(),
  keyboard: v.pipe(v.string(), v.parseJson(), Keyboard),
  role: v.picklist(["turn", "question", "note"]),
});

/** Telegram messages with live keyboards, and nothing else: a reply finds its way by its token. */
export class MessageMap {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  get(chatId: number, messageId: number): MappedMessage | undefined {
    return this.#read(
      this.#sql.exec("SELECT * FROM message WHERE chat_id = ? AND message_id = ?", chatId, messageId),
    )[0];
  }

  /** Puts a message in, in the place of one of the same chat that goes: that is one row, where two calls are two. */
  put({ chatId, messageId, keyboard, role }: MappedMessage, now: number, insteadOf?: MappedMessage): void {
    if (insteadOf === undefined)
      this.#sql.exec(
        "INSERT OR REPLACE INTO message (chat_id, message_id, keyboard, role, at) VALUES (?, ?, ?, ?, ?)",
        chatId,
        messageId,
        JSON.stringify(keyboard),
        role,
        now,
      );
    else
      this.#sql.exec(
        "UPDATE message SET message_id = ?, keyboard = ?, role = ?, at = ? WHERE chat_id = ? AND message_id = ?",
        messageId,
        JSON.stringify(keyboard),
        role,
        now,
        chatId,
        insteadOf.messageId,
      );
  }

  /** The turns whose buttons are still there, in a chat or in all. */
  turns(chatId?: number): MappedMessage[] {
    return this.#read(
      chatId === undefined
        ? this.#sql.exec("SELECT * FROM message WHERE role = 'turn'")
        : this.#sql.exec("SELECT * FROM message WHERE role = 'turn' AND chat_id = ?", chatId),
    );
  }

  remove(chatId: number, messageId: number): void {
    this.#sql.exec("DELETE FROM message WHERE chat_id = ? AND message_id = ?", chatId, messageId);
  }

  /** Forgets messages that were sent before `before`: their buttons still work, but no longer change. */
  prune(before: number): void {
    this.#sql.exec("DELETE FROM message WHERE at <= ?", before);
  }

  get count(): number {
    return this.#sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM message").one().count;
  }

  #read(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): MappedMessage[] {
    return rows.toArray().map((row) => {
      const parsed = v.parse(Row, row);
      return { chatId: parsed.chat_id, messageId: parsed.message_id, keyboard: parsed.keyboard, role: parsed.role };
    });
  }
}
