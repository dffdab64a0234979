import type { MessageEntity } from "grammy/types";
import { type Formatted, shifted } from "./entities.ts";
import { withoutBotLinks } from "./harmless.ts";

/** Telegram keeps no more in a message or a caption. */
const MOST_ENTITIES = 100;

const BOT_OF_LINK = /^https:\/\/t\.me\/([A-Za-z0-9_]+)\?/;

/** Something to be sent for a session, before it is made to fit. */
export interface Outgoing {
  /** The first line, from `headerLine`. */
  header: string;
  /** The link that makes a reply to this message find its session. */
  headerUrl: string;
  text: string;
  entities: readonly MessageEntity[];
}

/** The text without links to this bot that a tap would follow: see `withoutBotLinks`. */
export function harmlessBody({ headerUrl, text, entities }: Outgoing): Formatted {
  const bot = BOT_OF_LINK.exec(headerUrl)?.[1];
  if (bot === undefined) throw new Error("a header link is made by headerLink()");
  return withoutBotLinks({ text, entities: [...entities] }, bot);
}

/** A share of the text under the header line, which is linked from offset 0; of over 100 entities the last are dropped. */
export function headed({ header, headerUrl }: Pick<Outgoing, "header" | "headerUrl">, share: Formatted): Formatted {
  const link: MessageEntity = { type: "text_link", offset: 0, length: header.length, url: headerUrl };
  return {
    text: share.text === "" ? header : `${header}\n${share.text}`,
    entities: [link, ...shifted(share.entities, header.length + 1)].slice(0, MOST_ENTITIES),
  };
}
