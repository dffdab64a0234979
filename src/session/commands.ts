import * as v from "valibot";
import { earliest } from "../actor/alarm-clock.ts";
import type { Kept, Memory } from "../actor/memory.ts";
import { AGES } from "../protocol.ts";
import { COMMAND_STATES, type CommandState, isFinal, mayBecome } from "./command-state.ts";
import { RECEIPTS, type Receipt } from "./receipts.ts";

/** A command as its SessionDO remembers it, for at least 25 h. */
export interface StoredCommand {
  readonly name: string;
  /** First accepted, first in order: when it was accepted, or one more than the open one before it. */
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
  /** The `update_id` of the youngest edit; null where there was none. */
  readonly editedBy: number | null;
}

export type NewCommand = Omit<
  StoredCommand,
  "position" | "receipt" | "receiptTries" | "cancelAsked" | "heldTold" | "editedBy"
>;

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
  edited_by: v.nullable(v.number()),
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
    editedBy: parsed.edited_by,
  };
}

/**
 * The commands that a session was asked for. Those that are open are kept in memory too, and stand together in the table:
 * its key begins with `is_open`, so that an object that wakes reads them, and not a day's worth of rows.
 */
export class Commands {
  readonly #sql: SqlStorage;
  /** Commands without an outcome, or with a receipt yet to be shown. */
  readonly #open: Kept<Map<string, StoredCommand>>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#open = memory.keep(() => {
      const rows = this.#sql.exec("SELECT * FROM command WHERE is_open = 1").toArray().map(fromRow);
      return new Map(rows.map((command) => [command.name, command]));
    });
  }

  get(name: string): StoredCommand | undefined {
    const open = this.#open.value.get(name);
    if (open !== undefined) return open;
    const [row] = this.#sql.exec("SELECT * FROM command WHERE is_open = 0 AND name = ?", name).toArray();
    return row === undefined ? undefined : fromRow(row);
  }

  add(command: NewCommand): StoredCommand {
    const stored: StoredCommand = {
      ...command,
      position: this.#nextPosition(command.acceptedAt),
      receipt: "none",
      receiptTries: 0,
      cancelAsked: false,
      heldTold: false,
      editedBy: null,
    };
    this.#sql.exec(
      `INSERT INTO command (is_open, name, position, kind, text, nonce, choice, chat_id, message_id, button, action,
         same_as, session_id, machine_id, owner_id, state, error, accepted_at, expires_at, receipt, receipt_due)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'none', ?)`,
      isOpen(stored) ? 1 : 0,
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
    this.#keep(stored);
    return stored;
  }

  /** Moves a command to another state, if that is a step up. Returns whether it did. */
  advance(name: string, to: CommandState, error: string | null, now: number): boolean {
    const command = this.get(name);
    if (command === undefined || !mayBecome(command.state, to)) return false;
    this.#write({ ...command, state: to, error, receiptDue: now, receiptTries: 0 });
    return true;
  }

  /** Notes what the user was shown, and when to look again. */
  shown(name: string, receipt: Receipt, due: number | null, tries = 0): void {
    const command = this.get(name);
    if (command !== undefined) this.#write({ ...command, receipt, receiptDue: due, receiptTries: tries });
  }

  /** Notes that the user was told why it is held. */
  toldHeld(name: string): void {
    const command = this.get(name);
    if (command !== undefined) this.#write({ ...command, heldTold: true });
  }

  /** Replaces the text of a command that was not typed yet, and notes the `update_id` of the edit where it has one. */
  edit(name: string, text: string, updateId: number | null): void {
    const command = this.get(name);
    if (command === undefined || isFinal(command.state)) return;
    this.#write({ ...command, text, editedBy: latest(command.editedBy, updateId) });
  }

  /** Notes that the user wants it cancelled. */
  askToCancel(name: string): void {
    const command = this.get(name);
    if (command !== undefined && !isFinal(command.state)) this.#write({ ...command, cancelAsked: true });
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
    return earliest([...this.#open.value.values()].map(({ receiptDue }) => receiptDue));
  }

  /** The press of this button on this message that has no outcome yet. */
  underWay(chatId: number, messageId: number, action: string): StoredCommand | undefined {
    return this.unfinished().find(
      (command) =>
        command.chatId === chatId &&
        command.messageId === messageId &&
        command.action === action &&
        command.sameAs === null,
    );
  }

  /** The last press of this button on this message that did more than be answered. Reads all that is remembered. */
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
    return [...this.#open.value.values()].toSorted((a, b) => a.position - b.position);
  }

  /** Behind every command that is open: the clock may have gone back since that one came. */
  #nextPosition(now: number): number {
    return [...this.#open.value.values()].reduce((next, { position }) => Math.max(next, position + 1), now);
  }

  #write(command: StoredCommand): void {
    this.#sql.exec(
      `UPDATE command SET is_open = ?, text = ?, state = ?, error = ?, receipt = ?, receipt_due = ?, receipt_tries = ?,
         cancel_asked = ?, held_told = ?, edited_by = ? WHERE is_open = ? AND name = ?`,
      isOpen(command) ? 1 : 0,
      command.text,
      command.state,
      command.error,
      command.receipt,
      command.receiptDue,
      command.receiptTries,
      command.cancelAsked ? 1 : 0,
      command.heldTold ? 1 : 0,
      command.editedBy,
      this.#open.value.has(command.name) ? 1 : 0,
      command.name,
    );
    this.#keep(command);
  }

  #keep(command: StoredCommand): void {
    if (isOpen(command)) this.#open.value.set(command.name, command);
    else this.#open.value.delete(command.name);
  }
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function isOpen({ state, receiptDue }: StoredCommand): boolean {
  return !isFinal(state) || receiptDue !== null;
}
