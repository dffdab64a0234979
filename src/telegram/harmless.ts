import type { MessageEntity } from "grammy/types";
import { botLinksIn, pointsAtBot } from "./bot-link.ts";
import { type Formatted, overlaps, withHoles } from "./entities.ts";

/** Inside these a client makes no links of its own, and nothing else may stand inside them. */
const VERBATIM = new Set<MessageEntity["type"]>(["code", "pre"]);
/** These may have code inside. */
const AROUND = new Set<MessageEntity["type"]>([...VERBATIM, "blockquote", "expandable_blockquote"]);

/**
 * Takes from a text what a tap would send to this bot: an answer may quote a header link or make one up. Links lose
 * their address; a bare address stays as it is but becomes code, which clients do not make a link of.
 */
export function withoutBotLinks({ text, entities }: Formatted, botUsername: string): Formatted {
  const kept = entities.filter((entity) => entity.type !== "text_link" || !pointsAtBot(entity.url, botUsername));
  const verbatim = kept.filter(({ type }) => VERBATIM.has(type));
  const bare = botLinksIn(text, botUsername).filter((link) => !verbatim.some((entity) => overlaps(entity, link)));
  const around = kept.flatMap((entity) => (AROUND.has(entity.type) ? [entity] : withHoles(entity, bare)));
  return { text, entities: [...around, ...bare.map((link): MessageEntity => ({ type: "code", ...link }))] };
}
