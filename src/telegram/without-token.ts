/**
 * Takes bot tokens out of a text: `bot<digits>:<secret>` as in the address of every call of the Bot API, and bare ones.
 * Addresses end up in the messages of errors, and those in logs.
 */
export function withoutToken(text: string): string {
  return text
    .replace(/bot\d+(?::|%3a)[A-Za-z0-9_-]+/gi, "bot<token>")
    .replace(/\b\d{5,}(?::|%3a)[A-Za-z0-9_-]{10,}/gi, "<token>");
}
