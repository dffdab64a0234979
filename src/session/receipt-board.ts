import { retryDelay } from "../actor/backoff.ts";
import { logError } from "../log.ts";
import { Pace } from "../telegram/pace.ts";
import { isFinal } from "./command-state.ts";
import type { StoredCommand } from "./commands.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { isAlive, withRowSettled } from "./keyboard.ts";
import { HELD_QUIET_MS, LOOK_AGAIN_MS, lookAgainAt, QUIET_MS, REACTIONS, type Receipt, receiptOf } from "./receipts.ts";
import type { SessionStores } from "./session-stores.ts";
import type { Teller, Told } from "./teller.ts";
import { clockTime } from "./wording.ts";

/**
 * Receipts of one session in a second. Telegram takes some 30 calls a second from a bot, and answers more with a 429
 * that holds up messages too; a machine that wakes up may have hundreds of commands to tell of.
 */
const PACE = { most: 20, stretchMs: 1_000 };

/** What the phone shows of single commands: a reaction on the user's message, a settled row where a button was. */
export class ReceiptBoard {
  readonly #stores: SessionStores;
  readonly #dispatcher: Dispatcher;
  readonly #teller: Teller;
  readonly #sayWhyHeld: (ref: string, command: StoredCommand, now: number) => void;
  readonly #pace = new Pace(PACE.most, PACE.stretchMs);

  /** @param sayWhyHeld puts the reason why a command is held into the outbox. */
  constructor(
    stores: SessionStores,
    dispatcher: Dispatcher,
    teller: Teller,
    sayWhyHeld: (ref: string, command: StoredCommand, now: number) => void,
  ) {
    this.#stores = stores;
    this.#dispatcher = dispatcher;
    this.#teller = teller;
    this.#sayWhyHeld = sayWhyHeld;
  }

  /** Shows what is due, after asking the machines of what is still under way whether they sleep. */
  async show(ref: string): Promise<void> {
    if (this.#pace.freeAt(Date.now()) > 0) return;
    await this.#refresh(ref);
    for (const command of this.#stores.commands.due(Date.now())) {
      if (this.#pace.freeAt(Date.now()) > 0) return;
      try {
        await this.#showReceipt(ref, command);
      } catch (error) {
        logError("receipt.failed", error, { name: command.name });
        const at = Date.now() + retryDelay(command.receiptTries);
        this.#stores.commands.shown(command.name, command.receipt, at, command.receiptTries + 1);
      }
    }
  }

  /** When a receipt is due that may be shown then; null where none is left. */
  nextDue(): number | null {
    const due = this.#stores.commands.nextDue();
    return due === null ? null : Math.max(due, this.#pace.freeAt(Date.now()));
  }

  async #refresh(ref: string): Promise<void> {
    const now = Date.now();
    const due = this.#stores.commands.due(now).filter(({ state }) => !isFinal(state));
    if (due.length === 0) return;
    this.#dispatcher.doubt(due.filter(({ acceptedAt }) => acceptedAt + LOOK_AGAIN_MS <= now).map(({ name }) => name));
    await this.#dispatcher.offer(ref);
  }

  async #showReceipt(ref: string, command: StoredCommand): Promise<void> {
    const wanted = receiptOf(command.state, this.#dispatcher.asleep(command.name) !== null);
    const now = Date.now();
    const blocked = this.#teller.blockedUntil(command.chatId);
    if (blocked > now) return this.#stores.commands.shown(command.name, command.receipt, blocked + QUIET_MS);
    const told = wanted === command.receipt ? undefined : await this.#tell(command, wanted, now);
    // While Telegram was told, the command may have moved on: then that is shown next.
    const current = this.#stores.commands.get(command.name);
    if (current === undefined || current.state !== command.state) return;
    if (told?.status === "later")
      return this.#stores.commands.shown(command.name, command.receipt, told.at, command.receiptTries + 1);
    const isNewlyHeld = wanted === "held" && command.receipt !== "held";
    const lookAgain = isNewlyHeld ? now + HELD_QUIET_MS : lookAgainAt(command.state, command.acceptedAt, now);
    if (wanted === "held" && !isNewlyHeld) this.#explainOnce(ref, current, now);
    this.#stores.commands.shown(command.name, wanted, lookAgain);
  }

  /** Of several commands in a chat that are held for one reason, the first tells it. */
  #explainOnce(ref: string, command: StoredCommand, now: number): void {
    const { commands } = this.#stores;
    const isTold = commands
      .unfinished()
      .some((one) => one.heldTold && one.chatId === command.chatId && one.error === command.error);
    if (isTold) return;
    this.#sayWhyHeld(ref, command, now);
    commands.toldHeld(command.name);
  }

  /** Shows one receipt. Undefined where there is nothing to show. */
  async #tell(command: StoredCommand, wanted: Receipt, now: number): Promise<Told | undefined> {
    if (command.button !== null) return wanted === "done" ? this.#settleRow(command, now) : undefined;
    const emoji = REACTIONS[wanted];
    // One may stand there that was never noted: its call had no answer, or the command ended in the middle of it.
    if (emoji === REACTIONS[command.receipt] && wanted !== "withdrawn") return undefined;
    this.#pace.use(now);
    return this.#teller.react(command.chatId, command.messageId, emoji, command.receiptTries);
  }

  /**
   * A question's card is settled as a whole, with its answer: see `Display`. A look at the screen settles nothing: it may
   * be taken again, and the buttons beside it are what it was taken for.
   */
  async #settleRow(command: StoredCommand, now: number): Promise<Told | undefined> {
    const { chatId, messageId, action, button, receiptTries, kind } = command;
    const mapped = this.#stores.messages.get(chatId, messageId);
    const token = this.#stores.tokens.of(chatId);
    if (kind === "answer" || kind === "screen" || mapped === undefined || action === null || token === undefined)
      return undefined;
    const shown = `✓ ${button} · ${clockTime(now, this.#stores.registration.read()?.timeZone ?? null)}`;
    const keyboard = withRowSettled(mapped.keyboard, `cmd:${token}:${action}`, shown);
    this.#pace.use(now);
    const told = await this.#teller.keyboard(chatId, messageId, keyboard, receiptTries);
    // A newer turn may have taken the buttons away meanwhile.
    if (told.status === "later" || this.#stores.messages.get(chatId, messageId) === undefined) return told;
    if (isAlive(keyboard)) this.#stores.messages.put({ ...mapped, keyboard }, now);
    else this.#stores.messages.remove(chatId, messageId);
    return told;
  }
}
