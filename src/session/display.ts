import type { Api } from "grammy";
import { shortName } from "../address/command-id.ts";
import { earliest } from "../actor/alarm-clock.ts";
import { RETRY_MS, retryDelay } from "../actor/backoff.ts";
import { logError } from "../log.ts";
import type { Outcome } from "../protocol.ts";
import type { StoredCommand } from "./commands.ts";
import { Composer, type Content } from "./composer.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { disabled, isAlive, type Keyboard, routerButton } from "./keyboard.ts";
import type { KeyboardJob, OutboxRow, SendJob } from "./outbox.ts";
import type { Question } from "./questions.ts";
import { ReceiptBoard } from "./receipt-board.ts";
import type { SessionStores } from "./session-stores.ts";
import { Teller } from "./teller.ts";
import { WaitingLine } from "./waiting-line.ts";
import { answerLine, clockTime, heldText, movedToIn, outcomeText } from "./wording.ts";

/** A message of this session that is to be sent; its header and token are added here. */
export interface Announcement extends Content {
  readonly keyboard?: Keyboard;
  readonly role: SendJob["role"];
  readonly silent: boolean;
  readonly replyTo?: number;
  readonly notification?: string;
  readonly nonce?: string;
}

/** What the phone shows of this session: messages, buttons, reactions. Everything that may fail is tried again. */
export class Display {
  readonly #stores: SessionStores;
  readonly #teller: Teller;
  readonly #composer: Composer;
  readonly #receipts: ReceiptBoard;
  readonly #waiting: WaitingLine;
  #settling: Promise<void> = Promise.resolve();
  /** The question that is being sent. */
  #asking: PromiseWithResolvers<void> | undefined;
  /** After an error that nobody expected, nothing is tried before this: an alarm must not ring without end. */
  #restUntil = 0;

  constructor(stores: SessionStores, dispatcher: Dispatcher, api: Api, botUsername: string) {
    this.#stores = stores;
    this.#teller = new Teller(api);
    this.#composer = new Composer(stores, botUsername);
    this.#receipts = new ReceiptBoard(stores, dispatcher, this.#teller, (ref, command, now) =>
      this.#remark(ref, command, heldText(command.error), now),
    );
    this.#waiting = new WaitingLine(stores, dispatcher, this.#composer, this.#teller);
  }

  /** Puts a message into the outbox, split into as many as it takes; buttons go on the last. */
  announce(ref: string, what: Announcement, now: number): void {
    const parts = this.#composer.compose(ref, what);
    parts.forEach((part, index) => {
      const last = index === parts.length - 1;
      const job: SendJob = {
        do: "send",
        ...part,
        keyboard: last && what.keyboard !== undefined && what.keyboard.length > 0 ? what.keyboard : null,
        // What comes with a turn's end comes with its last message.
        role: last ? what.role : "note",
        // One message is one sound, however many parts it takes.
        silent: what.silent || index > 0,
        replyTo: index === 0 ? (what.replyTo ?? null) : null,
        notification: what.notification ?? null,
        nonce: last ? (what.nonce ?? null) : null,
      };
      this.#stores.outbox.add(what.chatId, job, now);
    });
  }

  /**
   * Tells of an outcome. What was hoped for is a receipt, and a reply without a sound where something is to be remarked
   * of what the user wrote; the rest is a reply with the reason, and a button to send it again. An answer's is shown on
   * the question's card, and nowhere else unless nobody knows it.
   */
  announceOutcome(ref: string, command: StoredCommand, outcome: Outcome, error: string | null, now: number): void {
    if (command.kind === "answer") this.#settleAnswer(command, outcome, error, now);
    const text = outcomeText(outcome, error);
    if (text === undefined || (command.kind === "answer" && outcome !== "unknown")) return;
    if (outcome === "accepted" || outcome === "typed") {
      if (command.kind === "text") this.#remark(ref, command, text, now);
      return;
    }
    const token = this.#stores.tokens.ensure(command.chatId, ref);
    const moved = outcome === "cancelled" ? movedToIn(error) : undefined;
    const again = routerButton(
      moved === undefined ? "Send again" : `Send to ${moved}`,
      token,
      `!again.${shortName(command.name)}`,
    );
    this.announce(
      ref,
      {
        chatId: command.chatId,
        sign: "warning",
        body: { text, entities: [] },
        keyboard: (command.kind === "text" || command.kind === "action") && again.length > 0 ? [again] : [],
        role: "note",
        silent: false,
        replyTo: command.messageId,
      },
      now,
    );
  }

  /** Replaces the buttons of a question by one that says how it was settled. */
  settleQuestion(question: Pick<Question, "chatId" | "messageId">, shown: string, now: number): void {
    const { chatId, messageId } = question;
    if (messageId === null) return;
    this.#stores.outbox.add(chatId, { do: "keyboard", messageId, keyboard: [[disabled(shown)]] }, now);
    this.#stores.messages.remove(chatId, messageId);
  }

  /** Takes the buttons from all turns: they would continue something that is over. */
  retireTurns(now: number): void {
    for (const { chatId, messageId } of this.#stores.messages.turns()) {
      this.#stores.outbox.add(chatId, { do: "keyboard", messageId, keyboard: null }, now);
      this.#stores.messages.remove(chatId, messageId);
    }
  }

  /** Brings the phone up to date, as far as Telegram lets it. Never throws; what is left is due again later. */
  settle(ref: string): Promise<void> {
    this.#settling = this.#settling.then(async () => {
      try {
        // Messages before receipts: where Telegram is slow, news goes first.
        await this.#drainOutbox();
        await this.#receipts.show(ref);
        // A receipt may have ended a command for good, and left something to say.
        await this.#drainOutbox();
        await this.#waiting.show(ref);
      } catch (error) {
        logError("display.failed", error);
        this.#restUntil = Date.now() + RETRY_MS;
      }
    });
    return this.#settling;
  }

  /** Resolves when no question is on its way: until Telegram answers, nobody knows which message asks it. */
  async asked(): Promise<void> {
    while (this.#asking !== undefined) await this.#asking.promise;
  }

  /** When `settle` has something to do; null where nothing waits. */
  nextDue(): number | null {
    const due = earliest([this.#stores.outbox.nextDue(), this.#receipts.nextDue(), this.#waiting.nextDue()]);
    return due === null ? null : Math.max(due, this.#restUntil);
  }

  /** A reply without a sound to what the user wrote, or to the message whose button was pressed. */
  #remark(ref: string, { chatId, messageId: replyTo }: StoredCommand, text: string, now: number): void {
    const body = { text, entities: [] };
    this.announce(ref, { chatId, sign: "info", body, role: "note", silent: true, replyTo }, now);
  }

  /** The card of the question that a command answers: also where its message is not known by number yet. */
  #settleAnswer(command: StoredCommand, outcome: Outcome, error: string | null, now: number): void {
    const question = command.nonce === null ? undefined : this.#stores.questions.get(command.nonce);
    if (question === undefined) return;
    const time = clockTime(now, this.#stores.registration.read()?.timeZone ?? null);
    const messageId = command.button === null ? question.messageId : command.messageId;
    this.settleQuestion({ chatId: command.chatId, messageId }, answerLine(command, outcome, error, time), now);
  }

  async #drainOutbox(): Promise<void> {
    for (;;) {
      const due = this.#stores.outbox.due(Date.now());
      if (due.length === 0) return;
      for (const row of due) {
        if (row.job.do === "send" && row.job.nonce !== null) this.#asking = Promise.withResolvers();
        try {
          await this.#carryOut(row);
        } catch (error) {
          logError("outbox.failed", error, { seq: row.seq });
          this.#stores.outbox.again(row.seq, Date.now() + retryDelay(row.tries));
        } finally {
          this.#asking?.resolve();
          this.#asking = undefined;
        }
      }
    }
  }

  async #carryOut(row: OutboxRow): Promise<void> {
    const { seq, chatId, job: stored, tries } = row;
    const blocked = this.#teller.blockedUntil(chatId);
    if (blocked > Date.now()) return this.#stores.outbox.again(seq, blocked);
    const job = stored.do === "send" ? this.#stillAsked(stored) : stored;
    const told =
      job.do === "keyboard"
        ? await this.#teller.keyboard(chatId, job.messageId, job.keyboard, tries)
        : await this.#teller.send(chatId, job, tries);
    const now = Date.now();
    if (told.status === "later") return this.#stores.outbox.again(seq, told.at);
    if (job.do === "send" && told.status === "never" && job.notification !== null)
      this.#stores.notifications.refuse(job.notification, told.reason);
    const followUps = job.do === "send" && told.status === "told" ? this.#sent(chatId, told.messageId, job, now) : [];
    this.#stores.outbox.done(row, followUps, now);
  }

  /** A question that closed before its message was sent goes out without its buttons. */
  #stillAsked(job: SendJob): SendJob {
    const closed = job.nonce === null ? null : this.#closedBy(job.nonce);
    return closed === null ? job : { ...job, keyboard: [[disabled(closed)]] };
  }

  #closedBy(nonce: string): string | null {
    const question = this.#stores.questions.get(nonce);
    return question?.closedBy ?? ((question?.answer ?? null) === null ? null : "answered");
  }

  /** Notes that a message is in the chat. Returns what has to change on others, or on itself, because of it. */
  #sent(chatId: number, messageId: number, job: SendJob, now: number): KeyboardJob[] {
    const { notifications, questions, messages } = this.#stores;
    if (job.notification !== null) notifications.sent(job.notification, messageId);
    if (job.nonce !== null) questions.shownAt(job.nonce, messageId);
    // The buttons of the turn before would continue something that is over.
    const over = job.role === "turn" ? messages.turns(chatId) : [];
    const keyboard = job.keyboard !== null && isAlive(job.keyboard) ? job.keyboard : null;
    const closed = keyboard === null || job.nonce === null ? null : this.#closedBy(job.nonce);
    const isMapped = keyboard !== null && closed === null;
    if (isMapped) messages.put({ chatId, messageId, keyboard, role: job.role }, now, over[0]);
    for (const turn of isMapped ? over.slice(1) : over) messages.remove(chatId, turn.messageId);
    const retired = over.map((turn): KeyboardJob => ({ do: "keyboard", messageId: turn.messageId, keyboard: null }));
    // It closed while Telegram was being told.
    return closed === null ? retired : [{ do: "keyboard", messageId, keyboard: [[disabled(closed)]] }];
  }
}
