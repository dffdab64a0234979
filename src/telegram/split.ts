import type { MessageEntity } from "grammy/types";
import { cutOf } from "./cut.ts";
import { clipped, type Formatted, shifted } from "./entities.ts";
import { withoutBotLinks } from "./harmless.ts";

/** Telegram's limits for one message. */
const MOST_UNITS = 4096;
const MOST_ENTITIES = 100;

const BOT_OF_LINK = /^https:\/\/t\.me\/([A-Za-z0-9_]+)\?/;

export interface Outgoing {
  /** The first line, from `headerLine`. */
  header: string;
  /** The link that makes a reply to this message find its session. */
  headerUrl: string;
  text: string;
  entities: readonly MessageEntity[];
}

/**
 * The messages that a text becomes: each begins with the header line, linked from offset 0, and has at most 4096
 * UTF-16 units and 100 entities (of more, the last are dropped). Links to this bot in the text are made harmless:
 * see `withoutBotLinks`.
 */
export function splitMessage({ header, headerUrl, text, entities }: Outgoing): Formatted[] {
  const bot = BOT_OF_LINK.exec(headerUrl)?.[1];
  if (bot === undefined) throw new Error("a header link is made by headerLink()");
  const whole = withoutBotLinks({ text, entities: [...entities] }, bot);
  const room = MOST_UNITS - header.length - 1;
  const link: MessageEntity = { type: "text_link", offset: 0, length: header.length, url: headerUrl };
  const parts = shares(whole, room);
  const filled = parts.filter((part) => part.text.trim() !== "");
  return (filled.length === 0 ? [{ text: "", entities: [] }] : filled).map((share) => ({
    text: share.text === "" ? header : `${header}\n${share.text}`,
    entities: [link, ...shifted(share.entities, header.length + 1)].slice(0, MOST_ENTITIES),
  }));
}

function shares({ text, entities }: Formatted, room: number): Formatted[] {
  const end = text.trimEnd().length;
  const result: Formatted[] = [];
  let start = 0;
  do {
    const cut = end - start <= room ? { end, next: end } : cutOf(text, entities, start, start + room);
    result.push({
      text: text.slice(start, cut.end),
      entities: entities.flatMap((entity) => clipped(entity, start, cut.end) ?? []),
    });
    start = cut.next;
  } while (start < end);
  return result;
}
