/** The hosts that Telegram's clients open by themselves. */
const HOSTS = ["t.me", "telegram.me", "telegram.dog"];
const WORD = /\S+/g;

/**
 * The words of a text that clients would make a link to this bot: `t.me/<bot>?start=…`, `<bot>.t.me`,
 * `tg://resolve?domain=<bot>` and their relatives. Rather one too many: whoever calls only takes the link away.
 */
export function botLinksIn(text: string, botUsername: string): { offset: number; length: number }[] {
  return Array.from(text.matchAll(WORD))
    .filter(([word]) => pointsAtBot(word, botUsername))
    .map((match) => ({ offset: match.index, length: match[0].length }));
}

/** Whether an address opens a chat with this bot, in any of the ways that clients know. */
export function pointsAtBot(address: string, botUsername: string): boolean {
  const plain = decoded(address).toLowerCase();
  if (!plain.includes(botUsername.toLowerCase())) return false;
  return plain.includes("tg:") || HOSTS.some((host) => plain.includes(host));
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    // A stray % is no encoding: the address stands as it is.
    return address;
  }
}
