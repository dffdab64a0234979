import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { readJson } from "./database.ts";
import { UPDATE_KINDS } from "./update.ts";

const Webhook = v.object({
  url: v.string(),
  secretToken: v.string(),
  maxConnections: v.number(),
  /** Undefined: Telegram's default, which holds every kind that is made here. */
  allowedUpdates: v.exactOptional(v.array(v.picklist(UPDATE_KINDS))),
});
export type Webhook = v.InferOutput<typeof Webhook>;

const DeliveryError = v.object({ date: v.number(), message: v.string() });
export type DeliveryError = v.InferOutput<typeof DeliveryError>;

export const BotCommands = v.array(v.object({ command: v.string(), description: v.string() }));
export type BotCommands = v.InferOutput<typeof BotCommands>;

/** What there is one of: the webhook, the last error of a delivery, counters, the bot's command lists. */
export class Settings {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get webhook(): Webhook | undefined {
    return this.#read("webhook", v.nullable(Webhook)) ?? undefined;
  }

  set webhook(webhook: Webhook | undefined) {
    this.#write("webhook", webhook ?? null);
  }

  get deliveryError(): DeliveryError | undefined {
    return this.#read("delivery_error", v.nullable(DeliveryError)) ?? undefined;
  }

  set deliveryError(error: DeliveryError | undefined) {
    this.#write("delivery_error", error ?? null);
  }

  /** The commands of one scope and language, as setMyCommands left them. */
  commands(scope: string): BotCommands {
    return this.#read(`commands ${scope}`, BotCommands) ?? [];
  }

  setCommands(scope: string, commands: BotCommands): void {
    this.#write(`commands ${scope}`, commands);
  }

  /** The next number of a sequence. Update ids begin anywhere: nobody may count on where. */
  next(sequence: "update" | `message ${string}`): number {
    const last = this.#read(`last ${sequence}`, v.number());
    const number = last === undefined ? (sequence === "update" ? randomInt(100_000_000, 900_000_000) : 1) : last + 1;
    this.#write(`last ${sequence}`, number);
    return number;
  }

  #read<Schema extends v.GenericSchema>(name: string, schema: Schema): v.InferOutput<Schema> | undefined {
    const row = this.#database.prepare("SELECT json FROM setting WHERE name = ?").get(name);
    return row === undefined ? undefined : readJson(schema, row["json"]);
  }

  #write(name: string, value: unknown): void {
    this.#database
      .prepare("INSERT INTO setting (name, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json")
      .run(name, JSON.stringify(value));
  }
}
