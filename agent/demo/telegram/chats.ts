import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { readJson } from "./database.ts";
import { Chat, User } from "./message.ts";

/** A chat as Telegram knows it: who is in it, and what it allows. */
const Room = v.object({
  chat: Chat,
  members: v.array(v.number()),
  /** The person of a private chat blocked the bot, or a group threw it out. */
  blocked: v.boolean(),
  /** Undefined: every reaction of Telegram's list. */
  allowedReactions: v.exactOptional(v.array(v.string())),
});
export type Room = v.InferOutput<typeof Room>;

/** Supergroups begin here, and count their messages by themselves. */
const FIRST_SUPERGROUP = -1_000_000_000_000;

export class Chats {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(chatId: number): Room | undefined {
    const row = this.#database.prepare("SELECT json FROM chat WHERE id = ?").get(chatId);
    return row === undefined ? undefined : readJson(Room, row["json"]);
  }

  list(): Room[] {
    return this.#database
      .prepare("SELECT json FROM chat ORDER BY id DESC")
      .all()
      .map((row) => readJson(Room, row["json"]));
  }

  save(room: Room): void {
    this.#database
      .prepare("INSERT INTO chat (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json")
      .run(room.chat.id, JSON.stringify(room));
  }

  /** The private chat with a person. Only the person can begin it: a bot that writes first finds no chat. */
  openPrivate(person: User): Room {
    const known = this.find(person.id);
    if (known !== undefined && !known.blocked) return known;
    const chat: Chat = {
      id: person.id,
      type: "private",
      first_name: person.first_name,
      ...(person.username === undefined ? {} : { username: person.username }),
    };
    const room = { chat, members: [person.id], blocked: false };
    this.save(room);
    return room;
  }

  person(userId: number): User {
    const row = this.#database.prepare("SELECT json FROM person WHERE id = ?").get(userId);
    if (row !== undefined) return readJson(User, row["json"]);
    return { id: userId, is_bot: false, first_name: `Person ${userId}`, language_code: "en" };
  }

  savePerson(person: User): void {
    this.#database
      .prepare("INSERT INTO person (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json")
      .run(person.id, JSON.stringify(person));
  }
}

export function isSupergroup(chatId: number): boolean {
  return chatId < FIRST_SUPERGROUP;
}
