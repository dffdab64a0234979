import { newToken } from "../address/reply-token.ts";

/** One token for each chat that this session talks in; stable for as long as the session lives here. */
export class ReplyTokens {
  readonly #sql: SqlStorage;
  /** By chat; read once, then kept, since every command asks. */
  #known: Map<number, string> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  /** The chat's token, made where there is none yet. `ref` is this object's own name. */
  ensure(chatId: number, ref: string): string {
    const known = this.of(chatId);
    if (known !== undefined) return known;
    const token = newToken(ref);
    this.#sql.exec("INSERT INTO token (chat_id, token) VALUES (?, ?)", chatId, token);
    this.forget();
    return token;
  }

  of(chatId: number): string | undefined {
    return this.#all().get(chatId);
  }

  /** Whether this token is the one that this chat was given. */
  isGood(chatId: number, token: string): boolean {
    return this.of(chatId) === token;
  }

  /** Whether this token was given to any chat. */
  knows(token: string): boolean {
    return [...this.#all().values()].includes(token);
  }

  get count(): number {
    return this.#all().size;
  }

  /** Reads anew the next time: it was written, or a transaction was rolled back. */
  forget(): void {
    this.#known = undefined;
  }

  #all(): ReadonlyMap<number, string> {
    this.#known ??= new Map(
      this.#sql
        .exec<{ chat_id: number; token: string }>("SELECT chat_id, token FROM token")
        .toArray()
        .map((row) => [row.chat_id, row.token]),
    );
    return this.#known;
  }
}
