import type { Api } from "grammy";
import * as v from "valibot";
import { logError } from "../log.ts";
import { AGES } from "../protocol.ts";
import { classify } from "../telegram/failure.ts";
import { hashPairingCode, newPairingCode } from "./pairing-code.ts";

const TRIES = 5;
/** A failed edit of the pairing message is tried again after this. */
const RETRY_MS = 30_000;

const State = v.picklist(["open", "paired", "expired", "locked", "replaced"]);
type State = v.InferOutput<typeof State>;

const Row = v.object({
  command: v.string(),
  owner_id: v.number(),
  chat_id: v.number(),
  code_hash: v.string(),
  key_hash: v.nullable(v.string()),
  expires_at: v.number(),
  tries_left: v.number(),
  message_id: v.nullable(v.number()),
  state: State,
  shown: State,
});

export interface PairingRequest {
  readonly machineId: string;
  readonly ownerId: number;
  readonly chatId: number;
  /** The name of the `/pair` command: a redelivery has the same. */
  readonly command: string;
  /** Where the agent will find this router: the origin under which Telegram reached it. */
  readonly origin: string;
}

/** What became of a code that an agent sent. `ownerId` is whose machine it is now. */
export type Redeemed =
  | { readonly status: "paired"; readonly ownerId: number; readonly again: boolean }
  | { readonly status: "refused"; readonly reason: string };

const SHOWN: Readonly<Record<Exclude<State, "open">, (machine: string) => string>> = {
  paired: (machine) => `✅ ${machine} is paired.`,
  expired: (machine) =>
    `The code for ${machine} is no longer good: its ten minutes are over. /pair ${machine} gives a new one.`,
  locked: (machine) =>
    `The code for ${machine} is no longer good: it was tried wrongly ${TRIES} times. /pair ${machine} gives a new one.`,
  replaced: (machine) => `The code for ${machine} is no longer good: a newer one follows.`,
};

/** The one pairing that a machine may be in: a hashed code, and the message that showed it. */
export class Pairing {
  readonly #sql: SqlStorage;
  readonly #api: Api;
  #beginning: Promise<void> = Promise.resolve();

  constructor(storage: DurableObjectStorage, api: Api) {
    this.#sql = storage.sql;
    this.#api = api;
  }

  #read(): v.InferOutput<typeof Row> | undefined {
    const [row] = this.#sql.exec("SELECT * FROM pairing").toArray();
    return row === undefined ? undefined : v.parse(Row, row);
  }

  /** Whether a pairing, or the memory of one, is still needed. */
  get isRemembered(): boolean {
    return this.#read() !== undefined;
  }

  /** Whether the message says something else than what is so. */
  get hasNews(): boolean {
    const row = this.#read();
    return row !== undefined && row.state !== "open" && row.shown !== row.state;
  }

  /**
   * Makes a code and sends the line to paste, unless somebody else is in the middle of pairing this name. The same
   * `/pair` again sends nothing twice. The code itself is never stored: where Telegram could not be reached this throws,
   * and the redelivered update makes a new one.
   */
  begin(request: PairingRequest, now: number): Promise<"begun" | "taken"> {
    const begun = this.#beginning.then(() => this.#begin(request, now));
    // One at a time, whatever becomes of each: its caller hears of that.
    this.#beginning = begun.then(
      () => undefined,
      () => undefined,
    );
    return begun;
  }

  async #begin(request: PairingRequest, now: number): Promise<"begun" | "taken"> {
    this.#expire(now);
    const before = this.#read();
    if (before?.state === "open" && before.owner_id !== request.ownerId) return "taken";
    if (before?.command === request.command && before.message_id !== null) return "begun";
    if (before !== undefined)
      await this.#show(before.state === "open" ? { ...before, state: "replaced" } : before, request.machineId);
    const code = newPairingCode();
    const hash = await hashPairingCode(request.machineId, code);
    this.#sql.exec(
      `INSERT OR REPLACE INTO pairing (one, command, owner_id, chat_id, code_hash, expires_at, tries_left, state, shown)
       VALUES (1, ?, ?, ?, ?, ?, ?, 'open', 'open')`,
      request.command,
      request.ownerId,
      request.chatId,
      hash,
      now + AGES.pairingCode,
      TRIES,
    );
    const line = `ccr-agent pair ${request.origin} ${request.machineId}-${code}`;
    const intro = `On ${request.machineId}, within ten minutes:\n\n`;
    const message = await this.#api.sendMessage(request.chatId, intro + line, {
      entities: [{ type: "pre", offset: intro.length, length: line.length }],
      link_preview_options: { is_disabled: true },
    });
    this.#sql.exec(
      "UPDATE pairing SET message_id = ? WHERE command = ? AND code_hash = ?",
      message.message_id,
      request.command,
      hash,
    );
    return "begun";
  }

  /** Takes a code once. The same code with the same key again is the same answer: the first one may have been lost. */
  async redeem(
    machineId: string,
    code: string,
    keyHash: string,
    now: number,
    mayOwn: (userId: number) => boolean,
  ): Promise<Redeemed> {
    const hash = await hashPairingCode(machineId, code);
    const row = this.#read();
    const remedy = `send /pair ${machineId} to the bot for a new one`;
    if (row === undefined) return { status: "refused", reason: `no code is waiting for ${machineId}: ${remedy}` };
    if (row.state === "paired") {
      if (row.code_hash === hash && row.key_hash === keyHash)
        return { status: "paired", ownerId: row.owner_id, again: true };
      return { status: "refused", reason: `this code was used already: ${remedy}` };
    }
    if (row.state === "locked") return { status: "refused", reason: `too many wrong codes: ${remedy}` };
    if (row.state !== "open" || row.expires_at <= now)
      return { status: "refused", reason: `the code is too old: ${remedy}` };
    if (row.code_hash !== hash) {
      const left = row.tries_left - 1;
      this.#sql.exec("UPDATE pairing SET tries_left = ?, state = ?", left, left === 0 ? "locked" : "open");
      return {
        status: "refused",
        reason: left === 0 ? `too many wrong codes: ${remedy}` : `a wrong code: ${left} tries left`,
      };
    }
    if (!mayOwn(row.owner_id))
      return { status: "refused", reason: `who asked for this code may not pair ${machineId} any more` };
    this.#sql.exec("UPDATE pairing SET state = 'paired', key_hash = ?", keyHash);
    return { status: "paired", ownerId: row.owner_id, again: false };
  }

  /** Expires what is over and edits the message until it says so. Never throws on Telegram's account. */
  async settle(machineId: string, now: number): Promise<void> {
    this.#expire(now);
    const row = this.#read();
    if (row !== undefined) await this.#show(row, machineId);
    this.#sql.exec("DELETE FROM pairing WHERE expires_at + ? <= ? AND shown = state", AGES.rememberCommand, now);
  }

  /** When `settle` has something to do; null where never. */
  nextDue(now: number): number | null {
    const row = this.#read();
    if (row === undefined) return null;
    if (row.state === "open") return row.expires_at;
    return row.shown === row.state ? row.expires_at + AGES.rememberCommand : now + RETRY_MS;
  }

  #expire(now: number): void {
    this.#sql.exec("UPDATE pairing SET state = 'expired' WHERE state = 'open' AND expires_at <= ?", now);
  }

  async #show(row: v.InferOutput<typeof Row>, machineId: string): Promise<void> {
    const { state } = row;
    if (state === "open" || state === row.shown) return;
    if (row.message_id !== null) {
      try {
        await this.#api.editMessageText(row.chat_id, row.message_id, SHOWN[state](machineId));
      } catch (error) {
        const { kind } = classify(error);
        if (kind === "retry" || kind === "unsure") {
          logError("pairing.edit.failed", error, { machineId });
          return;
        }
        if (kind !== "not-modified") logError("pairing.edit.refused", error, { machineId });
      }
    }
    this.#sql.exec("UPDATE pairing SET shown = ? WHERE command = ?", state, row.command);
  }
}
