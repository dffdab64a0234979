import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { readJson } from "./database.ts";

export const CallbackAnswer = v.object({
  callback_query_id: v.string(),
  chatId: v.number(),
  userId: v.number(),
  /** Empty: the button only stops its spinner. */
  text: v.string(),
  show_alert: v.boolean(),
  /** Milliseconds since the epoch. */
  at: v.number(),
});
export type CallbackAnswer = v.InferOutput<typeof CallbackAnswer>;

const Query = v.object({
  id: v.string(),
  chatId: v.number(),
  userId: v.number(),
  at: v.number(),
  answer: v.exactOptional(CallbackAnswer),
});
export type Query = v.InferOutput<typeof Query>;

/** The presses of buttons, and what the bot answered: the toasts. */
export class CallbackQueries {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(query: Omit<Query, "id">): Query {
    // Telegram's ids are 64-bit numbers, written as digits.
    const made = { ...query, id: randomBytes(8).readBigUInt64BE().toString() };
    this.#save(made);
    return made;
  }

  find(id: string): Query | undefined {
    const row = this.#database.prepare("SELECT json FROM callback_query WHERE id = ?").get(id);
    return row === undefined ? undefined : readJson(Query, row["json"]);
  }

  answer(query: Query, answer: CallbackAnswer): void {
    this.#save({ ...query, answer });
  }

  answers(): Map<string, CallbackAnswer> {
    const answers = new Map<string, CallbackAnswer>();
    for (const row of this.#database.prepare("SELECT json FROM callback_query ORDER BY rowid").all()) {
      const { id, answer } = readJson(Query, row["json"]);
      if (answer !== undefined) answers.set(id, answer);
    }
    return answers;
  }

  #save(query: Query): void {
    this.#database
      .prepare("INSERT INTO callback_query (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json")
      .run(query.id, JSON.stringify(query));
  }
}
