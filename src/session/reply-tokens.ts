import { newToken } from "../address/reply-token.ts";

/** One token for each chat that this session talks in; stable for as long as the session lives here. */
export class ReplyTokens {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  /** The chat's token, made where there is none yet. `ref` is this object's own name. */
  ensure(chatId: number, ref: string): string {
    const known = this.of(chatId);
    if (known !== undefined) return known;
    const token = newToken(ref);
    this.#sql.exec("INSERT INTO token (chat_id, token) VALUES (?, ?)", chatId, token);
    return token;
  }

  of(chatId: number): string | undefined {
    return this.#sql.exec<{ token: string }>("SELECT token FROM token WHERE chat_id = ?", chatId).toArray()[0]?.token;
  }

  /** Whether this token is the one that this chat was given. */
  isGood(chatId: number, token: string): boolean {
    return this.of(chatId) === token;
  }

  /** Whether this token was given to any chat. */
  knows(token: string): boolean {
    return this.#sql.exec("SELECT 1 FROM token WHERE token = ?", token).toArray().length > 0;
  }

  get count(): number {
    return this.#sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM token").one().count;
  }
}
