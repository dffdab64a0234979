import { sessionRef } from "../../../src/address/reply-token.ts";
import { type Connection, type Machine, OWNER, pairMachine } from "./machine.ts";
import { putForward } from "./clock.ts";
import { query, ring, sessionObject } from "./objects.ts";
import { asAgent, deliver, deliverCold, evictAll } from "./router.ts";
import {
  type AnyUpdate,
  callsIn,
  messagesIn,
  press,
  reactionOn,
  rewrite,
  type SentMessage,
  write,
} from "./telegram.ts";
import { until } from "./until.ts";

/** What the webhook answered to one update. */
export interface Answered {
  readonly update: AnyUpdate;
  readonly status: number;
  /** The sentence in the answer's body: a message, or the toast of a press. */
  readonly said: string | undefined;
}

export interface Written extends Answered {
  readonly messageId: number;
  /** What the command is called inside its session. */
  readonly name: string;
}

/** The owner's talk with one session, from their private chat. Every object is evicted before each step. */
export class Talk {
  readonly machine: Machine;
  readonly sessionId: string;

  constructor(machine: Machine, sessionId: string) {
    this.machine = machine;
    this.sessionId = sessionId;
  }

  get chatId(): number {
    return this.machine.owner;
  }

  /** The session says something; returns its message. */
  async hear(text: string, more: Record<string, unknown> = {}): Promise<SentMessage> {
    await evictAll();
    const { status, body } = await this.machine.notify(this.sessionId, text, more);
    if (status !== 200) throw new Error(`the notification was answered with ${status}: ${JSON.stringify(body)}`);
    return this.bubble(Number(body["messageId"]));
  }

  /** The person replies to a message. */
  async reply(text: string, to: SentMessage): Promise<Written> {
    const update = await write({ chatId: this.chatId, userId: this.chatId, text, replyTo: to.message_id });
    const messageId = messageIdOf(update);
    return { ...(await this.again(update)), messageId, name: `m${this.chatId}.${messageId}` };
  }

  /** The person edits a message. */
  async edit(messageId: number, text: string): Promise<Answered> {
    return this.again(await rewrite({ chatId: this.chatId, userId: this.chatId, messageId, text }));
  }

  /** The person presses the button that says this, on the message as it stands now. */
  async press(button: string, message: SentMessage): Promise<Answered> {
    const now = await this.bubble(message.message_id);
    const found = now.reply_markup?.inline_keyboard.flat().find(({ text }) => text === button);
    if (found?.callback_data === undefined) throw new Error(`no button says ${button}: ${buttonsOf(now).join(", ")}`);
    return this.pressData(found.callback_data, message);
  }

  /** A press with this data, also where no such button stands (any more). */
  async pressData(data: string, message: SentMessage, userId = this.chatId): Promise<Answered> {
    const update = await press({
      chatId: this.chatId,
      userId,
      messageId: message.message_id,
      data,
      forged: true,
    });
    return this.again(update);
  }

  /** Delivers an update, for the first time or once more. */
  async again(update: AnyUpdate): Promise<Answered> {
    const { status, said } = await deliverCold(update);
    return { update, status, said: sentenceIn(said) };
  }

  /** A message as it stands now. */
  async bubble(messageId: number): Promise<SentMessage> {
    const found = (await messagesIn(this.chatId)).find((message) => message.message_id === messageId);
    if (found === undefined) throw new Error(`there is no message ${messageId}`);
    return found;
  }

  async reaction(messageId: number): Promise<string> {
    return reactionOn(await this.bubble(messageId));
  }

  /** Waits until the bot reacts to a message so. */
  async reacts(emoji: string, messageId: number): Promise<void> {
    await until(`the reaction is ${emoji}`, async () => (await this.reaction(messageId)) === emoji);
  }

  /** The session's message with this text: others may say the same in this chat. */
  async says(text: string): Promise<SentMessage> {
    const ref = await sessionRef(this.sessionId);
    return until(`${this.sessionId} says ${JSON.stringify(text)}`, async () =>
      (await messagesIn(this.chatId)).findLast(
        (message) => message.text.includes(text) && message.entities[0]?.url?.includes(`?start=${ref}`),
      ),
    );
  }

  /** The bot's first reply to a message. */
  async answers(messageId: number): Promise<SentMessage> {
    return until(`the bot replies to ${messageId}`, async () =>
      (await messagesIn(this.chatId)).find(({ reply_to_message: to }) => to?.message_id === messageId),
    );
  }

  /** How many messages with this text the bot sent for this session, also those that Telegram refused. */
  async timesSent(text: string): Promise<number> {
    const ref = await sessionRef(this.sessionId);
    return (await callsIn(this.chatId)).filter(
      ({ method, payload }) =>
        method === "sendMessage" &&
        String(payload["text"]).includes(text) &&
        JSON.stringify(payload["entities"]).includes(`?start=${ref}`),
    ).length;
  }

  /** Waits until all that is due now was told, or put off: an eviction in the middle would have it told once more. */
  async told(): Promise<void> {
    await until("nothing is due", async () => {
      const now = Date.now();
      const due = await this.rows(
        `SELECT 1 FROM outbox WHERE due_at <= ? AND seq IN (SELECT MIN(seq) FROM outbox GROUP BY chat_id)
         UNION ALL SELECT 1 FROM command WHERE receipt_due <= ?`,
        now,
        now,
      );
      return due.length === 0;
    });
  }

  /** Puts the clock forward, and rings the session's alarm. */
  async later(ms: number): Promise<void> {
    putForward(ms);
    await evictAll();
    await ring(await sessionObject(this.sessionId));
  }

  async rows(sql: string, ...values: SqlStorageValue[]): Promise<Record<string, SqlStorageValue>[]> {
    return query(await sessionObject(this.sessionId), sql, ...values);
  }

  /** The state of a command as its session knows it. */
  async stateOf(name: string): Promise<unknown> {
    return (await this.rows("SELECT state FROM command WHERE name = ?", name))[0]?.["state"];
  }

  async inspect(): Promise<{ status: number; body: Record<string, unknown> }> {
    return asAgent(this.machine.key, "GET", `/sessions/${this.sessionId}`);
  }

  async closeQuestion(nonce: string, by: string): Promise<{ status: number; body: Record<string, unknown> }> {
    await evictAll();
    return asAgent(this.machine.key, "POST", "/questions/close", { sessionId: this.sessionId, nonce, by });
  }
}

/** Pairs a machine and registers a session on it. The machine sleeps until it connects. */
export async function talkOn(
  machineId: string,
  sessionId: string,
  more: Record<string, unknown> = {},
  owner = OWNER,
): Promise<Talk> {
  const machine = await pairMachine(machineId, owner);
  await machine.register(sessionId, more);
  return new Talk(machine, sessionId);
}

/** The same with a machine that is awake. */
export async function awakeTalkOn(
  machineId: string,
  sessionId: string,
  more: Record<string, unknown> = {},
): Promise<{ talk: Talk; socket: Connection }> {
  const talk = await talkOn(machineId, sessionId, more);
  return { talk, socket: await talk.machine.connect({ sessions: [sessionId] }) };
}

/** A message from this person, delivered. */
export async function say(
  text: string,
  chatId = OWNER,
  replyTo?: number,
): Promise<Answered & { readonly messageId: number }> {
  const update = await write({ chatId, userId: chatId, text, ...(replyTo === undefined ? {} : { replyTo }) });
  const { status, said } = await deliver(update);
  return { update, status, said: sentenceIn(said), messageId: messageIdOf(update) };
}

/** What the buttons of a message say; those that do nothing in brackets. */
export function buttonsOf(message: SentMessage): string[] {
  return (message.reply_markup?.inline_keyboard ?? [])
    .flat()
    .map(({ text, disabled }) => (disabled === undefined ? text : `[${text}]`));
}

/** The number of the message that an update brings. */
export function messageIdOf(update: AnyUpdate): number {
  const { message } = update;
  const id: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "message_id") : undefined;
  if (typeof id !== "number") throw new Error("this update holds no message");
  return id;
}

function sentenceIn(said: Record<string, unknown> | null): string | undefined {
  const text = said?.["text"];
  return typeof text === "string" ? text : undefined;
}
