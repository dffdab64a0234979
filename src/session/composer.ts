import * as v from "valibot";
import { headerLink } from "../address/reply-token.ts";
import type { Formatted } from "../telegram/entities.ts";
import { headerLine, type Sign } from "../telegram/header.ts";
import { splitMessage } from "../telegram/split.ts";
import { PlainEntityType, type SendJob } from "./outbox.ts";
import type { SessionStores } from "./session-stores.ts";

/** What a message of this session says. */
export interface Content {
  readonly chatId: number;
  readonly sign: Sign;
  readonly subject?: string;
  readonly body: Formatted;
}

/** One message, as Telegram takes it. */
export type Part = Pick<SendJob, "text" | "entities">;

/** Writes the messages of this session: each begins with the header whose link carries the chat's token. */
export class Composer {
  readonly #stores: SessionStores;
  readonly #botUsername: string;

  constructor(stores: SessionStores, botUsername: string) {
    this.#stores = stores;
    this.#botUsername = botUsername;
  }

  /** As many messages as it takes, at least one. */
  compose(ref: string, what: Content): Part[] {
    const session = this.#stores.registration.read();
    const token = this.#stores.tokens.ensure(what.chatId, ref);
    const header = headerLine({
      sign: what.sign,
      machine: session?.machineId ?? "",
      ...(session?.label === undefined || session.label === null ? {} : { label: session.label }),
      ...(what.subject === undefined ? {} : { subject: what.subject }),
    });
    return splitMessage({ header, headerUrl: headerLink(this.#botUsername, token), ...what.body }).map(
      ({ text, entities }) => ({ text, entities: entities.flatMap(sendable) }),
    );
  }
}

/** The entities that the outbox knows how to keep; others are only marks that clients make themselves. */
function sendable(entity: Formatted["entities"][number]): SendJob["entities"] {
  const { offset, length } = entity;
  if (entity.type === "text_link") return [{ type: entity.type, offset, length, url: entity.url }];
  if (entity.type === "pre") {
    return [
      { type: entity.type, offset, length, ...(entity.language === undefined ? {} : { language: entity.language }) },
    ];
  }
  const { type } = entity;
  return v.is(PlainEntityType, type) ? [{ type, offset, length }] : [];
}
