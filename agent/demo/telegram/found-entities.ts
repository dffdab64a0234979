import type { MessageEntity } from "./message.ts";

/**
 * The entities that Telegram's servers find in a text by themselves: addresses, commands, mentions, hashtags. Never over
 * what the sender marked.
 */
export function findEntities(text: string, marked: readonly MessageEntity[]): MessageEntity[] {
  const found: MessageEntity[] = [];
  for (const [type, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      const overlaps = (other: MessageEntity) =>
        entity.offset < other.offset + other.length && other.offset < entity.offset + entity.length;
      if (!found.some(overlaps) && !marked.some((other) => splitsNothing.has(other.type) && overlaps(other))) {
        found.push(entity);
      }
    }
  }
  return found;
}

/** Nothing is looked for inside of these; inside of bold or a quote it is. */
const splitsNothing: ReadonlySet<string> = new Set(["code", "pre", "text_link", "text_mention", "custom_emoji"]);

/** In the order in which they win. */
const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ["url", /\b(?:(?:https?|ftp|tg):\/\/[^\s<>"]*[^\s<>".,:;!?)\]'])/giu],
  ["email", /(?<![\w.+-])[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b/giu],
  // An address without a scheme is found where its last part is a common top-level domain.
  [
    "url",
    /(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|io|dev|me|app|de|eu|uk)\b(?:[/?#][^\s<>"]*[^\s<>".,:;!?)\]'])?/giu,
  ],
  ["mention", /(?<![\w@/])@[a-z]\w{2,31}\b/giu],
  ["bot_command", /(?<![\w/@<>])\/\w{1,64}(?:@[a-z]\w{2,31})?(?![\w/])/giu],
  ["hashtag", /(?<![\w#])#(?=\w*[\p{L}_])[\p{L}\p{N}_]{1,256}/gu],
];
