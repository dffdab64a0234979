import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { isSupergroup } from "./chats.ts";
import { readJson } from "./database.ts";
import { PlainMessage, type Message, type StoredMessage } from "./message.ts";
import type { Settings } from "./settings.ts";

const Entry = v.object({
  message: PlainMessage,
  replyTo: v.exactOptional(v.number()),
  reactions: v.array(v.string()),
  silent: v.boolean(),
});
/** A message, and what belongs to it without standing in its JSON. */
export type Entry = v.InferOutput<typeof Entry>;

export class Messages {
  readonly #database: DatabaseSync;
  readonly #settings: Settings;

  constructor(database: DatabaseSync, settings: Settings) {
    this.#database = database;
    this.#settings = settings;
  }

  /** Supergroups have numbers of their own; all other chats of a bot share one sequence. */
  nextId(chatId: number): number {
    return this.#settings.next(isSupergroup(chatId) ? `message ${chatId}` : "message shared");
  }

  find(chatId: number, messageId: number): Entry | undefined {
    const row = this.#database
      .prepare("SELECT json FROM message WHERE chat_id = ? AND message_id = ?")
      .get(chatId, messageId);
    return row === undefined ? undefined : readJson(Entry, row["json"]);
  }

  save(entry: Entry): void {
    const { chat, message_id } = entry.message;
    this.#database
      .prepare(
        "INSERT INTO message (chat_id, message_id, json) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
      )
      .run(chat.id, message_id, JSON.stringify(entry));
  }

  delete(chatId: number, messageId: number): void {
    this.#database.prepare("DELETE FROM message WHERE chat_id = ? AND message_id = ?").run(chatId, messageId);
  }

  list(chatId: number): StoredMessage[] {
    return this.#database
      .prepare("SELECT json FROM message WHERE chat_id = ? ORDER BY message_id")
      .all(chatId)
      .map((row) => this.stored(readJson(Entry, row["json"])));
  }

  /** The message as it is delivered: what it replies to as it stands now, absent where that was deleted. */
  delivered({ message, replyTo }: Entry): Message {
    const replied = replyTo === undefined ? undefined : this.find(message.chat.id, replyTo);
    return replied === undefined ? message : { ...message, reply_to_message: replied.message };
  }

  stored(entry: Entry): StoredMessage {
    return { ...this.delivered(entry), reactions: entry.reactions, silent: entry.silent };
  }
}
