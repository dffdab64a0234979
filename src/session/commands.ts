import * as v from "valibot";
import type { Memory } from "../actor/memory.ts";
import { AGES } from "../protocol.ts";
import { COMMAND_STATES, type CommandState, isFinal, mayBecome } from "./command-state.ts";
import { RECEIPTS, type Receipt } from "./receipts.ts";

/** A command as its SessionDO remembers it, for at least 25 h. */
export interface StoredCommand {
  readonly name: string;
  /** First accepted, first in order. */
  readonly position: number;
  /** A `CommandKind`, unless a newer router stored it and was rolled back since. */
  readonly kind: string;
  readonly text: string;
  readonly nonce: string | null;
  readonly choice: string | null;
  readonly chatId: number;
  /** The user's message; for a press, the message with the button. */
  readonly messageId: number;
  /** What the pressed button said; null for a message. */
  readonly button: string | null;
  /** What the pressed button sent, without its token; null for a message. */
  readonly action: string | null;
  /** The first press of the same button, where this one was only answered. */
  readonly sameAs: string | null;
  /** Where it goes, fixed when it was accepted: a redelivery is never resolved anew. */
  readonly sessionId: string;
  readonly machineId: string;
  readonly ownerId: number;
  readonly state: CommandState;
  readonly error: string | null;
  readonly acceptedAt: number;
  readonly expiresAt: number;
  /** What the user was shown last. */
  readonly receipt: Receipt;
  /** When to look whether something else has to be shown; null: never again. */
  readonly receiptDue: number | null;
  readonly receiptTries: number;
  /** The user asked for it to be cancelled: then `cancelled` is no news. */
  readonly cancelAsked: boolean;
  /** The user was told why it is held. */
  readonly heldTold: boolean;
}

export type NewCommand = Omit<StoredCommand, "position" | "receipt" | "receiptTries" | "cancelAsked" | "heldTold">;

const Row = v.object({
  name: v.string(),
  position: v.number(),
  kind: v.string(),
  text: v.string(),
  nonce: v.nullable(v.string()),
  choice: v.nullable(v.string()),
  chat_id: v.number(),
  message_id: v.number(),
  button: v.nullable(v.string()),
  action: v.nullable(v.string()),
  same_as: v.nullable(v.string()),
  session_id: v.string(),
  machine_id: v.string(),
  owner_id: v.number(),
  state: v.picklist(COMMAND_STATES),
  error: v.nullable(v.string()),
  accepted_at: v.number(),
  expires_at: v.number(),
  receipt: v.picklist(RECEIPTS),
  receipt_due: v.nullable(v.number()),
  receipt_tries: v.number(),
  cancel_asked: v.number(),
  held_told: v.number(),
});

function fromRow(row: unknown): StoredCommand {
  const parsed = v.parse(Row, row);
  return {
    name: parsed.name,
    position: parsed.position,
    kind: parsed.kind,
    text: parsed.text,
    nonce: parsed.nonce,
    choice: parsed.choice,
    chatId: parsed.chat_id,
    messageId: parsed.message_id,
    button: parsed.button,
    action: parsed.action,
    sameAs: parsed.same_as,
    sessionId: parsed.session_id,
    machineId: parsed.machine_id,
    ownerId: parsed.owner_id,
    state: parsed.state,
    error: parsed.error,
    acceptedAt: parsed.accepted_at,
    expiresAt: parsed.expires_at,
    receipt: parsed.receipt,
    receiptDue: parsed.receipt_due,
    receiptTries: parsed.receipt_tries,
    cancelAsked: parsed.cancel_asked === 1,
    heldTold: parsed.held_told === 1,
  };
}

/**
 * The commands that a session was asked for. Those that still move are kept in memory too: an alarm a second and a
 * half after each command must not read a day's worth of rows.
 */
export class Commands {
  readonly #sql: SqlStorage;
  /** Commands without an outcome, or with a receipt yet to be shown. */
  #open: Map<string, StoredCommand> | undefined;
  #lastPosition = 0;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    memory.onForget(() => (this.#open = undefined));
  }

  get(name: string): StoredCommand | undefined {
    const open = this.#opened().get(name);
    if (open !== undefined) return open;
    const [row] = this.#sql.exec("SELECT * FROM command WHERE name = ?", name).toArray();
    return row === undefined ? undefined : fromRow(row);
  }

  add(command: NewCommand): StoredCommand {
    const open = this.#opened();
    this.#lastPosition += 1;
    const stored: StoredCommand = {
      ...command,
      position: this.#lastPosition,
      receipt: "none",
      receiptTries: 0,
      cancelAsked: false,
      heldTold: false,
    };
    this.#sql.exec(
      `INSERT INTO command (name, position, kind, text, nonce, choice, chat_id, message_id, button, action, same_as,
         session_id, machine_id, owner_id, state, error, accepted_at, expires_at, receipt, receipt_due)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'none', ?)`,
      stored.name,
      stored.position,
      stored.kind,
      stored.text,
      stored.nonce,
      stored.choice,
      stored.chatId,
      stored.messageId,
      stored.button,
      stored.action,
      stored.sameAs,
      stored.sessionId,
      stored.machineId,
      stored.ownerId,
      stored.state,
      stored.error,
      stored.acceptedAt,
      stored.expiresAt,
      stored.receiptDue,
    );
    if (isOpen(stored)) open.set(stored.name, stored);
    return stored;
  }

  /** Moves a command to another state, if that is a step up. Returns whether it did. */
  advance(name: string, to: CommandState, error: string | null, now: number): boolean {
    const command = this.get(name);
    if (command === undefined || !mayBecome(command.state, to)) return false;
    this.#sql.exec(
      "UPDATE command SET state = ?, error = ?, receipt_due = ?, receipt_tries = 0 WHERE name = ?",
      to,
      error,
      now,
      name,
    );
    this.#keep({ ...command, state: to, error, receiptDue: now, receiptTries: 0 });
    return true;
  }

  /** Notes what the user was shown, and when to look again. */
  shown(name: string, receipt: Receipt, due: number | null, tries = 0): void {
    const command = this.get(name);
    if (command === undefined) return;
    this.#sql.exec(
      "UPDATE command SET receipt = ?, receipt_due = ?, receipt_tries = ? WHERE name = ?",
      receipt,
      due,
      tries,
      name,
    );
    this.#keep({ ...command, receipt, receiptDue: due, receiptTries: tries });
  }

  /** Notes that the user was told why it is held. */
  toldHeld(name: string): void {
    const command = this.get(name);
    if (command === undefined) return;
    this.#sql.exec("UPDATE command SET held_told = 1 WHERE name = ?", name);
    this.#keep({ ...command, heldTold: true });
  }

  /** Replaces the text of a command that was not typed yet. */
  edit(name: string, text: string): void {
    const command = this.get(name);
    if (command === undefined || isFinal(command.state)) return;
    this.#sql.exec("UPDATE command SET text = ? WHERE name = ?", text, name);
    this.#keep({ ...command, text });
  }

  /** Notes that the user wants it cancelled. */
  askToCancel(name: string): void {
    const command = this.get(name);
    if (command === undefined || isFinal(command.state)) return;
    this.#sql.exec("UPDATE command SET cancel_asked = 1 WHERE name = ?", name);
    this.#keep({ ...command, cancelAsked: true });
  }

  /** The commands without an outcome, in order. */
  unfinished(): StoredCommand[] {
    return this.#inOrder().filter(({ state }) => !isFinal(state));
  }

  /** The commands of which something may have to be shown, in order. */
  due(now: number): StoredCommand[] {
    return this.#inOrder().filter(({ receiptDue }) => receiptDue !== null && receiptDue <= now);
  }

  nextDue(): number | null {
    let next: number | null = null;
    for (const { receiptDue } of this.#opened().values()) {
      if (receiptDue !== null) next = Math.min(next ?? receiptDue, receiptDue);
    }
    return next;
  }

  /** The last press of this button on this message that did more than be answered. */
  pressed(chatId: number, messageId: number, action: string): StoredCommand | undefined {
    const [row] = this.#sql
      .exec(
        `SELECT * FROM command WHERE chat_id = ? AND message_id = ? AND action = ? AND same_as IS NULL
         ORDER BY position DESC LIMIT 1`,
        chatId,
        messageId,
        action,
      )
      .toArray();
    return row === undefined ? undefined : fromRow(row);
  }

  /** Forgets what is past remembering. Returns when the next one is, null where none is left. */
  prune(now: number): number | null {
    this.#sql.exec("DELETE FROM command WHERE accepted_at <= ? AND receipt_due IS NULL", now - AGES.rememberCommand);
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>("SELECT MIN(accepted_at) AS oldest FROM command WHERE receipt_due IS NULL")
      .one();
    return oldest === null ? null : oldest + AGES.rememberCommand;
  }

  /** For inspection: how many are in each state, and the last outcomes. */
  summary(): { states: Record<string, number>; last: { name: string; outcome: string; error: string | null }[] } {
    const states = this.#sql
      .exec<{ state: string; count: number }>("SELECT state, COUNT(*) AS count FROM command GROUP BY state")
      .toArray();
    const last = this.#sql
      .exec<{ name: string; outcome: string; error: string | null }>(
        "SELECT name, state AS outcome, error FROM command WHERE state NOT IN ('offered', 'held') ORDER BY position DESC LIMIT 10",
      )
      .toArray();
    return { states: Object.fromEntries(states.map(({ state, count }) => [state, count])), last };
  }

  get isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM command LIMIT 1").toArray().length === 0;
  }

  #inOrder(): StoredCommand[] {
    return [...this.#opened().values()].toSorted((a, b) => a.position - b.position);
  }

  #opened(): Map<string, StoredCommand> {
    if (this.#open !== undefined) return this.#open;
    const rows = this.#sql
      .exec("SELECT * FROM command WHERE state IN ('offered', 'held') OR receipt_due IS NOT NULL")
      .toArray()
      .map(fromRow);
    this.#open = new Map(rows.map((command) => [command.name, command]));
    this.#lastPosition =
      this.#sql.exec<{ last: number | null }>("SELECT MAX(position) AS last FROM command").one().last ?? 0;
    return this.#open;
  }

  #keep(command: StoredCommand): void {
    if (isOpen(command)) this.#opened().set(command.name, command);
    else this.#opened().delete(command.name);
  }
}

function isOpen({ state, receiptDue }: StoredCommand): boolean {
  return !isFinal(state) || receiptDue !== null;
}
