import { Emptiness } from "../actor/emptiness.ts";
import type { Memory } from "../actor/memory.ts";

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

/** The questions of one session. The first accepted answer counts. */
export class Questions {
  readonly #sql: SqlStorage;
  readonly #emptiness: Emptiness;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#emptiness = new Emptiness(storage.sql, "question", memory);
  }

  open(nonce: string, chatId: number, expiresAt: number): void {
    this.#emptiness.doubt();
    this.#sql.exec(
      "INSERT OR IGNORE INTO question (nonce, chat_id, expires_at) VALUES (?, ?, ?)",
      nonce,
      chatId,
      expiresAt,
    );
  }

  get(nonce: string): Question | undefined {
    return this.#read(this.#sql.exec<Row>("SELECT * FROM question WHERE nonce = ?", nonce))[0];
  }

  /** The question that this message asks. */
  at(chatId: number, messageId: number): Question | undefined {
    if (this.#emptiness.isEmpty) return undefined;
    return this.#read(
      this.#sql.exec<Row>("SELECT * FROM question WHERE chat_id = ? AND message_id = ?", chatId, messageId),
    )[0];
  }

  shownAt(nonce: string, messageId: number): void {
    this.#sql.exec("UPDATE question SET message_id = ? WHERE nonce = ?", messageId, nonce);
  }

  answer(nonce: string, command: string): void {
    this.#sql.exec("UPDATE question SET answer = ? WHERE nonce = ?", command, nonce);
  }

  close(nonce: string, by: string): void {
    this.#sql.exec("UPDATE question SET closed_by = ? WHERE nonce = ?", by, nonce);
  }

  overdue(now: number): Question[] {
    if (this.#emptiness.isEmpty) return [];
    return this.#read(
      this.#sql.exec<Row>("SELECT * FROM question WHERE answer IS NULL AND closed_by IS NULL AND expires_at <= ?", now),
    );
  }

  allOpen(): Question[] {
    return this.#read(this.#sql.exec<Row>("SELECT * FROM question WHERE answer IS NULL AND closed_by IS NULL"));
  }

  nextDue(): number | null {
    if (this.#emptiness.isEmpty) return null;
    return this.#sql
      .exec<{ due: number | null }>(
        "SELECT MIN(expires_at) AS due FROM question WHERE answer IS NULL AND closed_by IS NULL",
      )
      .one().due;
  }

  prune(before: number): void {
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
