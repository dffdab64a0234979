import type { Kept, Memory } from "../actor/memory.ts";
import { newToken } from "../address/reply-token.ts";

/** One token for each chat that this session talks in; stable for as long as the session lives here. */
export class ReplyTokens {
  readonly #sql: SqlStorage;
  /** By chat: every command asks. */
  readonly #all: Kept<ReadonlyMap<number, string>>;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#all = memory.keep(() => this.#read());
  }

  /** The chat's token, made where there is none yet. `ref` is this object's own name. */
  ensure(chatId: number, ref: string): string {
    const known = this.of(chatId);
    if (known !== undefined) return known;
    const token = newToken(ref);
    this.#sql.exec("INSERT INTO token (chat_id, token) VALUES (?, ?)", chatId, token);
    this.#all.forget();
    return token;
  }

  of(chatId: number): string | undefined {
    return this.#all.value.get(chatId);
  }

  /** Whether this token is the one that this chat was given. */
  isGood(chatId: number, token: string): boolean {
    return this.of(chatId) === token;
  }

  /** Whether this token was given to any chat. */
  knows(token: string): boolean {
    return [...this.#all.value.values()].includes(token);
  }

  get count(): number {
    return this.#all.value.size;
  }

  #read(): ReadonlyMap<number, string> {
    const rows = this.#sql.exec<{ chat_id: number; token: string }>("SELECT chat_id, token FROM token").toArray();
    return new Map(rows.map((row) => [row.chat_id, row.token]));
  }
}
