import type { Reporter } from "../machine/offer.ts";
import { AGES, type NotificationBody, type NotificationReply } from "../protocol.ts";
import type { Formatted } from "../telegram/entities.ts";
import { markdownToEntities } from "../telegram/markdown.ts";
import { fillKeyboard } from "./keyboard.ts";
import type { Refusal } from "./request.ts";
import { SAFETY_MS, type SessionContext } from "./session-context.ts";

export type Notified = { readonly status: "accepted"; readonly reply: NotificationReply } | Refusal;

/** What agents want the user to see: notifications and questions. */
export class Announcing {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Sends a notification, or keeps it until Telegram takes it. The same id sends nothing twice. */
  async notify(by: Reporter, body: NotificationBody): Promise<Notified> {
    const refusal = this.refusalOf(by);
    if (refusal !== undefined) return refusal;
    const chatId = body.chatId ?? by.ownerId;
    if (chatId !== by.ownerId)
      return { status: "refused", code: 403, error: "this chat is not linked: leave chatId out to write to the owner" };
    const id = body.id ?? crypto.randomUUID();
    if (this.#context.stores.notifications.get(id) === undefined) {
      const refused = this.#add(id, chatId, body);
      if (refused !== undefined) return refused;
      await this.#context.alarm.ringBy(Date.now() + SAFETY_MS);
    }
    await this.#context.display.settle(this.#context.ref);
    return this.#stateOf(id, chatId);
  }

  /** The question was answered elsewhere, or nobody waits for it any more. Idempotent. */
  async closeQuestion(by: Reporter, nonce: string, how: string): Promise<Refusal | undefined> {
    const refusal = this.refusalOf(by);
    if (refusal !== undefined) return refusal;
    const question = this.#context.stores.questions.get(nonce);
    const now = Date.now();
    if (question === undefined || question.answer !== null || question.closedBy !== null) return undefined;
    this.#context.transaction(() => {
      this.#context.stores.questions.close(nonce, `answered ${how}`);
      this.#context.display.settleQuestion(question, `✓ answered ${how}`, now);
    });
    await this.#context.show();
    return undefined;
  }

  /** Questions whose time is over are closed on the phone, too. */
  expireQuestions(now: number): void {
    for (const question of this.#context.stores.questions.overdue(now)) {
      this.#context.transaction(() => {
        this.#context.stores.questions.close(question.nonce, "its time is over");
        this.#context.display.settleQuestion(question, "its time is over", now);
      });
    }
  }

  /** Whether this machine may speak for this session; undefined where it may. */
  refusalOf(by: Reporter): Refusal | undefined {
    const session = this.#context.session();
    if (session === undefined || session.endedAt !== null || session.successor !== null) {
      return { status: "refused", code: 404, error: "this session is not registered: register it, then send again" };
    }
    if (session.ownerId !== by.ownerId)
      return { status: "refused", code: 403, error: "this session is somebody else's" };
    if (session.machineId !== by.machineId)
      return { status: "refused", code: 409, error: `this session is on ${session.machineId} now` };
    return undefined;
  }

  #add(id: string, chatId: number, body: NotificationBody): Refusal | undefined {
    const { ref, stores, display } = this.#context;
    const now = Date.now();
    const keyboard =
      body.replyMarkup === undefined
        ? undefined
        : fillKeyboard(body.replyMarkup, stores.tokens.ensure(chatId, ref), body.question?.nonce);
    if (keyboard?.status === "refused") return { status: "refused", code: 400, error: keyboard.reason };
    const { question } = body;
    this.#context.transaction(() => {
      stores.notifications.add(id, chatId, now);
      if (question !== undefined)
        stores.questions.open(question.nonce, chatId, now + Math.min(question.remainingMs, AGES.typedCommand));
      display.announce(
        ref,
        {
          chatId,
          sign: body.sign ?? (question === undefined ? "info" : "question"),
          ...(body.subject === undefined ? {} : { subject: body.subject }),
          body: bodyOf(body),
          source: {
            what: question === undefined ? "answer" : "question",
            text: body.text,
            format: body.format ?? "plain",
          },
          ...(keyboard === undefined ? {} : { keyboard: keyboard.keyboard }),
          role: question !== undefined ? "question" : body.aside === true ? "note" : "turn",
          silent: body.silent ?? false,
          notification: id,
          ...(question === undefined ? {} : { nonce: question.nonce }),
        },
        now,
      );
    });
    return undefined;
  }

  #stateOf(id: string, chatId: number): Notified {
    const { stores, ref } = this.#context;
    const token = stores.tokens.ensure(chatId, ref);
    const known = stores.notifications.get(id);
    if (known?.refused !== undefined && known.refused !== null)
      return { status: "refused", code: 410, error: `Telegram will never take it: ${known.refused}` };
    const messageId = known?.messageIds.at(-1);
    if (known === undefined || messageId === undefined || stores.outbox.holds(id))
      return { status: "accepted", reply: { ok: true, queued: true, token } };
    return { status: "accepted", reply: { ok: true, messageId, messageIds: [...known.messageIds], token } };
  }
}

function bodyOf(body: NotificationBody): Formatted {
  return body.format === "markdown" ? markdownToEntities(body.text) : { text: body.text, entities: [] };
}
