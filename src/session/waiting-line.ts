import { retryDelay } from "../actor/backoff.ts";
import { earliest } from "../actor/alarm-clock.ts";
import { logError } from "../log.ts";
import type { StoredCommand } from "./commands.ts";
import type { Composer } from "./composer.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { routerButton, type Keyboard } from "./keyboard.ts";
import type { SessionStores } from "./session-stores.ts";
import type { Teller, Told } from "./teller.ts";
import type { WaitingMessage } from "./waiting-messages.ts";
import { sleepLine } from "./wording.ts";

/** The one message a chat that says how many commands wait for a sleeping machine: edited, never repeated. */
export class WaitingLine {
  readonly #stores: SessionStores;
  readonly #dispatcher: Dispatcher;
  readonly #composer: Composer;
  readonly #teller: Teller;
  /** Chats that could not be told, and when to try again. Without a row: before the first message there is none. */
  readonly #retries = new Map<number, { at: number; tries: number }>();

  constructor(stores: SessionStores, dispatcher: Dispatcher, composer: Composer, teller: Teller) {
    this.#stores = stores;
    this.#dispatcher = dispatcher;
    this.#composer = composer;
    this.#teller = teller;
  }

  /** Brings the message of every chat up to date, where its time has come. */
  async show(ref: string): Promise<void> {
    const shown = new Map(this.#stores.waiting.all().map((message) => [message.chatId, message]));
    const waiting = Map.groupBy(
      this.#stores.commands.unfinished().filter(({ receipt }) => receipt === "asleep"),
      ({ chatId }) => chatId,
    );
    for (const chatId of new Set([...shown.keys(), ...waiting.keys()])) {
      try {
        await this.#showIn(ref, chatId, shown.get(chatId), waiting.get(chatId) ?? []);
      } catch (error) {
        logError("waiting.failed", error, { chatId });
        this.#again(chatId, 0);
      }
    }
  }

  nextDue(): number | null {
    return earliest([...this.#retries.values()].map(({ at }) => at));
  }

  async #showIn(
    ref: string,
    chatId: number,
    before: WaitingMessage | undefined,
    commands: readonly StoredCommand[],
  ): Promise<void> {
    const now = Date.now();
    if ((this.#retries.get(chatId)?.at ?? 0) > now) return;
    const blocked = this.#teller.blockedUntil(chatId);
    if (blocked > now) return this.#again(chatId, blocked);
    const since = this.#dispatcher.asleep(commands[0]?.name ?? "")?.since ?? before?.since ?? null;
    const text = this.#textOf(commands, since);
    if (before?.shown === text || (before === undefined && commands.length === 0)) {
      this.#retries.delete(chatId);
      return;
    }
    const told = await this.#tell(ref, chatId, before, text, commands.length);
    if (told.status === "later") return this.#again(chatId, told.at);
    this.#retries.delete(chatId);
    if (commands.length === 0 || told.status === "never") this.#stores.waiting.remove(chatId);
    else this.#stores.waiting.put({ chatId, messageId: told.messageId, since, shown: text });
  }

  #textOf(commands: readonly StoredCommand[], since: number | null): string {
    const session = this.#stores.registration.read();
    const machineId = commands[0]?.machineId ?? session?.machineId ?? "the machine";
    if (commands.length === 0) return `nothing waits for ${machineId} any more`;
    return `${sleepLine(machineId, since, session?.timeZone ?? null)} · ${commands.length} waiting`;
  }

  /** Edits the message that is there; sends one where there is none yet, or the user deleted it. */
  async #tell(
    ref: string,
    chatId: number,
    before: WaitingMessage | undefined,
    text: string,
    count: number,
  ): Promise<Told> {
    const [part] = this.#composer.compose(ref, { chatId, sign: "info", body: { text, entities: [] } });
    if (part === undefined) throw new Error("a message has at least one part");
    const token = this.#stores.tokens.ensure(chatId, ref);
    const buttons: Keyboard = [
      [...routerButton("Show", token, "!queue"), ...routerButton("Cancel all", token, "!cancel")],
    ];
    const message = { ...part, keyboard: count === 0 ? null : buttons };
    const tries = this.#retries.get(chatId)?.tries ?? 0;
    if (before !== undefined) {
      const edited = await this.#teller.edit(chatId, before.messageId, message, tries);
      if (edited.status === "told") return { status: "told", messageId: before.messageId };
      if (edited.status === "later" || count === 0) return edited;
    }
    return this.#teller.send(chatId, { ...message, silent: true, replyTo: null }, tries);
  }

  /** Tries again at `at`, or after a while where `at` is 0. */
  #again(chatId: number, at: number): void {
    const tries = this.#retries.get(chatId)?.tries ?? 0;
    this.#retries.set(chatId, { at: at === 0 ? Date.now() + retryDelay(tries) : at, tries: tries + 1 });
  }
}
