import { EventEmitter } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import { CallbackQueries } from "./callback-queries.ts";
import { Chats } from "./chats.ts";
import type { ChangeEvent } from "./events.ts";
import { Files } from "./files.ts";
import type { User } from "./message.ts";
import { Messages, type Entry } from "./messages.ts";
import { Settings } from "./settings.ts";
import type { Happening, Update, UpdateKind } from "./update.ts";
import { UpdateQueue } from "./update-queue.ts";

/** Telegram gives up on a message after a day, on a pressed button after 150 seconds. */
const MESSAGE_LIFE = 24 * 60 * 60 * 1000;
const CALLBACK_LIFE = 150 * 1000;

/** All that Telegram knows, in small stores over one database; and who is told when it changes. */
export class World {
  readonly bot: User;
  readonly settings: Settings;
  readonly chats: Chats;
  readonly messages: Messages;
  readonly updates: UpdateQueue;
  readonly queries: CallbackQueries;
  readonly files: Files;
  /** `published`: an update waits for the bot; `takenOver`: a waiting getUpdates ends; `idle`: all is delivered. */
  readonly events = new EventEmitter<{ change: [ChangeEvent]; published: []; takenOver: [string]; idle: [] }>();
  /** Milliseconds since the epoch. */
  readonly now: () => number;

  constructor(database: DatabaseSync, bot: User, now: () => number) {
    this.bot = bot;
    this.now = now;
    this.settings = new Settings(database);
    this.chats = new Chats(database);
    this.messages = new Messages(database, this.settings);
    this.updates = new UpdateQueue(database);
    this.queries = new CallbackQueries(database);
    this.files = new Files(database);
    this.events.setMaxListeners(0);
  }

  /** Seconds since the epoch, as Telegram writes dates. */
  date(): number {
    return Math.floor(this.now() / 1000);
  }

  change(event: ChangeEvent): void {
    this.events.emit("change", event);
  }

  /** Stores a message that is new or has changed, and tells of it. */
  keep(entry: Entry, type: "message" | "edited" | "reaction"): void {
    this.messages.save(entry);
    this.change({ type, chatId: entry.message.chat.id, message: this.messages.stored(entry) });
  }

  /** Numbers an update and lets it wait for the bot, where the bot wants updates of its kind. */
  publish(happening: Happening): Update {
    const update = { update_id: this.settings.next("update"), ...happening };
    const { kind, queue, expiresAt } = this.#route(happening);
    if (this.settings.webhook?.allowedUpdates?.includes(kind) !== false) {
      this.updates.add({ update, queue, expiresAt });
      this.events.emit("published");
    }
    return update;
  }

  /** Messages of a chat stand in one queue, presses of a person in another: a press can overtake a message. */
  #route(happening: Happening): { kind: UpdateKind; queue: string; expiresAt: number } {
    const { message, edited_message: edited, callback_query: query, my_chat_member: member } = happening;
    const lasting = this.now() + MESSAGE_LIFE;
    if (message) return { kind: "message", queue: `chat ${message.chat.id}`, expiresAt: lasting };
    if (edited) return { kind: "edited_message", queue: `chat ${edited.chat.id}`, expiresAt: lasting };
    if (query) {
      return { kind: "callback_query", queue: `presses ${query.from.id}`, expiresAt: this.now() + CALLBACK_LIFE };
    }
    return { kind: "my_chat_member", queue: `membership ${member?.chat.id ?? 0}`, expiresAt: lasting };
  }
}
