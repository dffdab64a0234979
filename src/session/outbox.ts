import * as v from "valibot";
import { Emptiness } from "../actor/emptiness.ts";
import type { Memory } from "../actor/memory.ts";
import { Keyboard } from "./keyboard.ts";

const span = { offset: v.number(), length: v.number() };

/** Entities that say nothing but where they are. */
export const PlainEntityType = v.picklist([
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "code",
  "blockquote",
  "expandable_blockquote",
]);

/** The entities that we send, as Telegram names them. */
const Entity = v.variant("type", [
  v.object({ ...span, type: v.literal("text_link"), url: v.string() }),
  v.object({ ...span, type: v.literal("pre"), language: v.exactOptional(v.string()) }),
  v.object({ ...span, type: PlainEntityType }),
]);

/** Something that Telegram has yet to be told, in order within a chat. */
export const Job = v.variant("do", [
  v.object({
    do: v.literal("send"),
    /** Of a message with a file, its caption. */
    text: v.string(),
    entities: v.array(Entity),
    /** Not longer than the body that brought it: far below what a row may hold. */
    file: v.exactOptional(v.object({ name: v.string(), text: v.string() })),
    keyboard: v.nullable(Keyboard),
    role: v.picklist(["turn", "question", "note"]),
    silent: v.boolean(),
    replyTo: v.nullable(v.number()),
    /** The notification that this is a part of. */
    notification: v.nullable(v.string()),
    /** The question that its buttons answer. */
    nonce: v.nullable(v.string()),
  }),
  v.object({ do: v.literal("keyboard"), messageId: v.number(), keyboard: v.nullable(Keyboard) }),
]);
export type Job = v.InferOutput<typeof Job>;
export type SendJob = Extract<Job, { do: "send" }>;
export type KeyboardJob = Extract<Job, { do: "keyboard" }>;

export interface OutboxRow {
  readonly seq: number;
  readonly chatId: number;
  readonly job: Job;
  readonly tries: number;
}

const Row = v.object({
  seq: v.number(),
  chat_id: v.number(),
  job: v.pipe(v.string(), v.parseJson(), Job),
  tries: v.number(),
});

/** What waits for Telegram. One that fails for now holds back what follows it in the same chat. */
export class Outbox {
  readonly #sql: SqlStorage;
  readonly #emptiness: Emptiness;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#emptiness = new Emptiness(storage.sql, "outbox", memory);
  }

  add(chatId: number, job: Job, now: number): void {
    this.#emptiness.doubt();
    this.#sql.exec("INSERT INTO outbox (chat_id, job, due_at) VALUES (?, ?, ?)", chatId, JSON.stringify(job), now);
  }

  /** The first job of each chat, where its time has come. */
  due(now: number): OutboxRow[] {
    if (this.isEmpty) return [];
    return this.#sql
      .exec(
        "SELECT seq, chat_id, job, tries FROM outbox WHERE seq IN (SELECT MIN(seq) FROM outbox GROUP BY chat_id) AND due_at <= ? ORDER BY seq",
        now,
      )
      .toArray()
      .map((row) => {
        const parsed = v.parse(Row, row);
        return { seq: parsed.seq, chatId: parsed.chat_id, job: parsed.job, tries: parsed.tries };
      });
  }

  again(seq: number, at: number): void {
    this.#sql.exec("UPDATE outbox SET due_at = ?, tries = tries + 1 WHERE seq = ?", at, seq);
  }

  /** This is done, and has to be followed up: the first follow-up takes over its row, the others go to the end. */
  done({ seq, chatId }: Pick<OutboxRow, "seq" | "chatId">, followUps: readonly Job[], now: number): void {
    const [first, ...others] = followUps;
    if (first === undefined) this.#sql.exec("DELETE FROM outbox WHERE seq = ?", seq);
    else
      this.#sql.exec("UPDATE outbox SET job = ?, tries = 0, due_at = ? WHERE seq = ?", JSON.stringify(first), now, seq);
    for (const job of others) this.add(chatId, job, now);
  }

  /** Whether any part of this notification still waits. */
  holds(notification: string): boolean {
    return (
      this.#sql
        .exec("SELECT 1 FROM outbox WHERE json_extract(job, '$.notification') = ? LIMIT 1", notification)
        .toArray().length > 0
    );
  }

  nextDue(): number | null {
    if (this.isEmpty) return null;
    return this.#sql
      .exec<{ due: number | null }>(
        "SELECT MIN(due_at) AS due FROM outbox WHERE seq IN (SELECT MIN(seq) FROM outbox GROUP BY chat_id)",
      )
      .one().due;
  }

  get isEmpty(): boolean {
    return this.#emptiness.isEmpty;
  }
}
