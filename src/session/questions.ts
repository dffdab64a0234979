import { earliest } from "../actor/alarm-clock.ts";
import type { Kept, Memory } from "../actor/memory.ts";

/** A question that waits for an answer, or had one. */
export interface Question {
  readonly nonce: string;
  readonly chatId: number;
  /** The message with its buttons; null until it was sent. */
  readonly messageId: number | null;
  readonly expiresAt: number;
  /** The command that answers it. */
  readonly answer: string | null;
  /** How it was closed otherwise: "at the terminal", "expired". */
  readonly closedBy: string | null;
}

interface Row extends Record<string, SqlStorageValue> {
  nonce: string;
  chat_id: number;
  message_id: number | null;
  expires_at: number;
  answer: string | null;
  closed_by: string | null;
}

/**
 * The questions of one session. The first accepted answer counts. Those that are open are kept in memory too, and stand
 * together in the table: its key begins with `is_open`.
 */
export class Questions {
  readonly #sql: SqlStorage;
  /** Neither answered nor closed; one whose time is over may be among them. */
  readonly #open: Kept<readonly Question[]>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#open = memory.keep(() => this.#read(this.#sql.exec<Row>("SELECT * FROM question WHERE is_open = 1")));
  }

  open(nonce: string, chatId: number, expiresAt: number): void {
    if (this.get(nonce) !== undefined) return;
    this.#open.forget();
    this.#sql.exec(
      "INSERT INTO question (is_open, nonce, chat_id, expires_at) VALUES (1, ?, ?, ?)",
      nonce,
      chatId,
      expiresAt,
    );
  }

  get(nonce: string): Question | undefined {
    const open = this.#open.value.find((question) => question.nonce === nonce);
    if (open !== undefined) return open;
    return this.#read(this.#sql.exec<Row>("SELECT * FROM question WHERE is_open = 0 AND nonce = ?", nonce))[0];
  }

  /** The question that this message asks and that nobody has answered. */
  at(chatId: number, messageId: number): Question | undefined {
    return this.allOpen().find((question) => question.chatId === chatId && question.messageId === messageId);
  }

  shownAt(nonce: string, messageId: number): void {
    this.#open.forget();
    this.#sql.exec("UPDATE question SET message_id = ? WHERE is_open IN (0, 1) AND nonce = ?", messageId, nonce);
  }

  answer(nonce: string, command: string): void {
    this.#open.forget();
    this.#sql.exec("UPDATE question SET is_open = 0, answer = ? WHERE is_open = 1 AND nonce = ?", command, nonce);
  }

  close(nonce: string, by: string): void {
    this.#open.forget();
    this.#sql.exec("UPDATE question SET is_open = 0, closed_by = ? WHERE is_open = 1 AND nonce = ?", by, nonce);
  }

  overdue(now: number): Question[] {
    return this.allOpen().filter(({ expiresAt }) => expiresAt <= now);
  }

  allOpen(): Question[] {
    // An older router that was here in between leaves what it closed where it stands.
    return this.#open.value.filter(({ answer, closedBy }) => answer === null && closedBy === null);
  }

  nextDue(): number | null {
    return earliest(this.allOpen().map(({ expiresAt }) => expiresAt));
  }

  prune(before: number): void {
    this.#open.forget();
    this.#sql.exec(
      "DELETE FROM question WHERE expires_at <= ? AND (answer IS NOT NULL OR closed_by IS NOT NULL)",
      before,
    );
  }

  #read(rows: SqlStorageCursor<Row>): Question[] {
    return rows.toArray().map((row) => ({
      nonce: row.nonce,
      chatId: row.chat_id,
      messageId: row.message_id,
      expiresAt: row.expires_at,
      answer: row.answer,
      closedBy: row.closed_by,
    }));
  }
}

/** Whether an answer to it would count now. */
export function isOpen(question: Question, now: number): boolean {
  return question.answer === null && question.closedBy === null && question.expiresAt > now;
}
