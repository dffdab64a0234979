import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { BotApi } from "./bot-api.ts";
import type { CallbackAnswer } from "./callback-queries.ts";
import type { ApiCall, Fault } from "./calls.ts";
import { isSupergroup, type Room } from "./chats.ts";
import { openDatabase } from "./database.ts";
import type { ChangeEvent } from "./events.ts";
import { closeServer, listen } from "./http-server.ts";
import type { StoredMessage } from "./message.ts";
import {
  editAsPerson,
  ImpossibleAct,
  pressAsPerson,
  sendAsPerson,
  setBlocked,
  type Editing,
  type Press,
  type Sending,
} from "./person.ts";
import type { Update } from "./update.ts";
import { WebhookPoster, type Delivery } from "./webhook-poster.ts";
import { World } from "./world.ts";

export interface StandInOptions {
  /** `<bot id>:<secret>`, as BotFather hands it out. */
  token: string;
  username: string;
  /** 0, or left out: any free port. */
  port?: number;
  /** The folder that remembers chats, messages and pending updates; left out: memory. */
  persist?: string;
  /** Multiplies the delays between attempts of a delivery. 1 is Telegram's pace. */
  retryScale?: number;
  /** How long a webhook's answer may take, in milliseconds. Telegram waits 60 s. */
  answerWithin?: number;
  /** Milliseconds since the epoch, for tests that let time pass. */
  now?: () => number;
}

/** How many deliveries are remembered for those who look. */
const KEPT_DELIVERIES = 10_000;

/**
 * A stand-in for Telegram on loopback: the Bot API for the bot, and in this class what people do on the other side.
 * `change` is emitted after everything that happens.
 */
export class TelegramStandIn extends EventEmitter<{ change: [ChangeEvent] }> {
  /** Every webhook POST, the oldest first. */
  readonly deliveries: Delivery[] = [];
  readonly token: string;
  readonly #world: World;
  readonly #poster: WebhookPoster;
  readonly #api: BotApi;
  readonly #database: DatabaseSync;
  #server: Server | undefined;
  #url = "";

  private constructor(options: StandInOptions) {
    super();
    const botId = /^(?<id>\d{1,16}):[\w-]+$/.exec(options.token)?.groups?.["id"];
    if (botId === undefined) throw new Error("a bot token reads <digits>:<letters and digits>");
    const now = options.now ?? Date.now;
    this.token = options.token;
    this.#database = openDatabase(options.persist);
    const bot = { id: Number(botId), is_bot: true, first_name: options.username, username: options.username };
    this.#world = new World(this.#database, bot, now);
    this.#poster = new WebhookPoster(this.#world.updates, this.#world.settings, {
      answerWithin: options.answerWithin ?? 60_000,
      retryScale: options.retryScale ?? 1,
      now,
      delivered: (delivery) => this.#delivered(delivery),
      answered: (answer) => this.#api.callFromAnswer(answer),
      idle: () => this.#world.events.emit("idle"),
    });
    this.#api = new BotApi(this.#world, this.#poster);
    this.#world.events.on("published", () => this.#poster.wake());
    this.#world.events.on("change", (event) => this.emit("change", event));
  }

  /** Listens on 127.0.0.1. Rejects where the port is taken. Goes on with deliveries that an earlier run left. */
  static async start(options: StandInOptions): Promise<TelegramStandIn> {
    const telegram = new TelegramStandIn(options);
    telegram.#server = await listen(telegram, telegram.#api, options.port ?? 0).catch((error: unknown) => {
      telegram.#database.close();
      throw error;
    });
    const address = telegram.#server.address();
    if (address === null || typeof address === "string") throw new Error("a server on TCP has an address with a port");
    telegram.#url = `http://127.0.0.1:${address.port}`;
    telegram.#poster.wake();
    return telegram;
  }

  /** What TELEGRAM_API_ROOT names: the Bot API is at `/bot<token>/<method>`. */
  get url(): string {
    return this.#url;
  }

  /** Every Bot API call, the oldest first. */
  get calls(): readonly ApiCall[] {
    return this.#api.calls;
  }

  /** What the bot answered to presses (the toasts), by callback query id. */
  get answers(): ReadonlyMap<string, CallbackAnswer> {
    return this.#world.queries.answers();
  }

  /** Breaks off what is under way; what was not delivered stays pending. */
  async stop(): Promise<void> {
    this.#world.events.emit("takenOver", "Conflict: the server is shutting down");
    await this.#poster.stop();
    if (this.#server !== undefined) await closeServer(this.#server);
    this.#database.close();
  }

  /** Writes a message. Where a long text becomes several messages: the update of the first. */
  send(sending: Sending): Update {
    const [first] = sendAsPerson(this.#world, sending);
    if (first === undefined) throw new ImpossibleAct("a message without text cannot be sent");
    return first;
  }

  /** Writes a message, or as many as a long text needs: all their updates. */
  sendLong(sending: Sending): Update[] {
    return sendAsPerson(this.#world, sending);
  }

  edit(editing: Editing): Update {
    return editAsPerson(this.#world, editing);
  }

  /** Presses a button. Throws where no such button stands there, unless the press is forged. */
  press(press: Press): Update {
    return pressAsPerson(this.#world, press);
  }

  /** Gives a person a name; without one a person is called by number. */
  introduce({ userId, firstName, username }: { userId: number; firstName: string; username?: string }): void {
    const named = { id: userId, is_bot: false, first_name: firstName, language_code: "en" };
    this.#world.chats.savePerson(username === undefined ? named : { ...named, username });
  }

  /** A group with the bot in it, which sees all that is written. Ids below -10^12 are supergroups. */
  createGroup(group: { chatId: number; title: string; members: number[]; allowedReactions?: string[] }): void {
    const { chatId, title, members, allowedReactions } = group;
    if (chatId >= 0) throw new ImpossibleAct("the id of a group is below zero");
    const type = isSupergroup(chatId) ? "supergroup" : "group";
    const room: Room = {
      chat: { id: chatId, type, title },
      members,
      blocked: false,
      ...(allowedReactions === undefined ? {} : { allowedReactions }),
    };
    this.#world.chats.save(room);
    this.#world.change({ type: "chat", chatId, room });
  }

  /** A person blocks the bot; writing to it takes it back. */
  blockBot(userId: number): Update {
    return setBlocked(this.#world, userId, userId, true);
  }

  /** A member throws the bot out of a group. */
  kickBot(chatId: number, userId: number): Update {
    return setBlocked(this.#world, chatId, userId, true);
  }

  chats(): Room[] {
    return this.#world.chats.list();
  }

  /** A chat's messages as they stand now, the oldest first. Deleted ones are gone. */
  messages(chatId: number): StoredMessage[] {
    return this.#world.messages.list(chatId);
  }

  /** The bytes of a document that the bot sent. */
  file(fileId: string): Uint8Array | undefined {
    return this.#world.files.read(fileId);
  }

  fault(fault: Fault): void {
    this.#api.faults.add(fault);
  }

  /** Posts a past update once more, the same to the byte. Rejects where it is not known or no webhook is set. */
  async redeliver(updateId: number): Promise<Delivery> {
    const update = this.#world.updates.find(updateId);
    if (update === undefined) throw new ImpossibleAct(`there is no update ${updateId}`);
    return this.#poster.redeliver(update);
  }

  /** Resolves when no delivery is under way and none waits for the webhook. */
  async idle(): Promise<void> {
    while (!this.#poster.isIdle) {
      await new Promise<void>((resolve) => this.#world.events.once("idle", resolve));
    }
  }

  /**
   * Resolves with what `look` finds, looking again after every change. Rejects after `within` milliseconds.
   */
  until<Found>(look: () => Found | undefined | false | null, within = 10_000): Promise<Found> {
    return new Promise((resolve, reject) => {
      const again = () => {
        const found = look();
        if (found === undefined || found === false || found === null) return;
        end();
        resolve(found);
      };
      const end = () => {
        clearTimeout(timer);
        this.#world.events.off("change", again);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`nothing of the kind happened within ${within} ms: ${look.toString()}`));
      }, within);
      this.#world.events.on("change", again);
      again();
    });
  }

  #delivered(delivery: Delivery): void {
    this.deliveries.push(delivery);
    if (this.deliveries.length > KEPT_DELIVERIES) this.deliveries.shift();
    this.#world.change({ type: "delivery", delivery });
  }
}
