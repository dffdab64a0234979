import { type Api, InputFile } from "grammy";
import { retryDelay } from "../actor/backoff.ts";
import { logError, logEvent } from "../log.ts";
import { classify, type Failure } from "../telegram/failure.ts";
import type { Keyboard } from "./keyboard.ts";
import type { SendJob } from "./outbox.ts";

/** What became of telling Telegram something. */
export type Told =
  | { readonly status: "told"; readonly messageId: number }
  /** Not now: try again then, in milliseconds since the epoch. */
  | { readonly status: "later"; readonly at: number }
  /** Never: nothing is gained by trying again. */
  | { readonly status: "never"; readonly reason: string };

/** How far a call may be off when the clock of a 429 has run out, in milliseconds. */
const MARGIN_MS = 250;

/** Tells Telegram, and says what became of it. Holds nothing but which chats have to be left alone for now. */
export class Teller {
  readonly #api: Api;
  /** Chats that answered 429. Forgotten with the object: then the next 429 says it again. */
  readonly #blockedUntil = new Map<number, number>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** When this chat may be written to again; 0 where it may be now. */
  blockedUntil(chatId: number): number {
    return this.#blockedUntil.get(chatId) ?? 0;
  }

  async send(
    chatId: number,
    job: Omit<SendJob, "do" | "role" | "notification" | "nonce">,
    tries: number,
  ): Promise<Told> {
    const told = await this.#try(chatId, tries, () => this.#send(chatId, job, job.entities));
    if (told.status !== "never" || told.reason !== "not-parsed") return told;
    // Raw text with entities has little to refuse; what is left is a link. The header's own is needed for replies.
    return this.#try(chatId, tries, () => this.#send(chatId, job, job.entities.slice(0, 1)));
  }

  /** Replaces a message's buttons; none where `keyboard` is null. */
  async keyboard(chatId: number, messageId: number, keyboard: Keyboard | null, tries: number): Promise<Told> {
    return this.#try(chatId, tries, async () => {
      await this.#api.editMessageReplyMarkup(chatId, messageId, { reply_markup: { inline_keyboard: keyboard ?? [] } });
      return messageId;
    });
  }

  async edit(
    chatId: number,
    messageId: number,
    job: Pick<SendJob, "text" | "entities" | "keyboard">,
    tries: number,
  ): Promise<Told> {
    return this.#try(chatId, tries, async () => {
      await this.#api.editMessageText(chatId, messageId, job.text, {
        entities: [...job.entities],
        link_preview_options: { is_disabled: true },
        reply_markup: { inline_keyboard: job.keyboard ?? [] },
      });
      return messageId;
    });
  }

  /** Reacts with one emoji; an empty one takes the reaction away. */
  async react(chatId: number, messageId: number, emoji: ReactionEmoji | "", tries: number): Promise<Told> {
    return this.#try(chatId, tries, async () => {
      await this.#api.setMessageReaction(chatId, messageId, emoji === "" ? [] : [{ type: "emoji", emoji }]);
      return messageId;
    });
  }

  async #send(
    chatId: number,
    job: Pick<SendJob, "text" | "file" | "keyboard" | "silent" | "replyTo">,
    entities: SendJob["entities"],
  ): Promise<number> {
    const more = {
      disable_notification: job.silent,
      ...(job.keyboard === null ? {} : { reply_markup: { inline_keyboard: job.keyboard } }),
      ...(job.replyTo === null
        ? {}
        : { reply_parameters: { message_id: job.replyTo, allow_sending_without_reply: true } }),
    };
    const message =
      job.file === undefined
        ? await this.#api.sendMessage(chatId, job.text, {
            entities: [...entities],
            link_preview_options: { is_disabled: true },
            ...more,
          })
        : await this.#api.sendDocument(chatId, new InputFile(new TextEncoder().encode(job.file.text), job.file.name), {
            caption: job.text,
            caption_entities: [...entities],
            ...more,
          });
    return message.message_id;
  }

  async #try(chatId: number, tries: number, work: () => Promise<number>): Promise<Told> {
    try {
      return { status: "told", messageId: await work() };
    } catch (error) {
      const failure = classify(error);
      const now = Date.now();
      if (failure.kind === "not-modified") return { status: "told", messageId: 0 };
      if (failure.kind === "retry") {
        const at = now + failure.afterMs + MARGIN_MS;
        this.#blockedUntil.set(chatId, at);
        logEvent("telegram.too-fast", { chatId, afterMs: failure.afterMs });
        return { status: "later", at };
      }
      if (failure.kind === "unsure" || failure.kind === "token-bad") {
        logError("telegram.no-answer", error, { chatId, kind: failure.kind });
        return { status: "later", at: now + retryDelay(tries) };
      }
      logEvent("telegram.refused", { chatId, kind: failure.kind, reason: reasonOf(failure) });
      return { status: "never", reason: reasonOf(failure) };
    }
  }
}

type ReactionEmoji = "👀" | "😴" | "🤔" | "👌" | "👎" | "🤷";

function reasonOf(failure: Failure): string {
  return "reason" in failure ? failure.reason : failure.kind;
}
