import * as v from "valibot";
import { headerLink } from "../address/reply-token.ts";
import { captionOf } from "../telegram/caption.ts";
import type { Formatted } from "../telegram/entities.ts";
import { fileNameOf, type Format } from "../telegram/file-name.ts";
import { headerLine, type Sign } from "../telegram/header.ts";
import type { Outgoing } from "../telegram/outgoing.ts";
import { splitMessage } from "../telegram/split.ts";
import { layoutOf } from "./layout.ts";
import { PlainEntityType, type SendJob } from "./outbox.ts";
import type { SessionStores } from "./session-stores.ts";
import { restInFile, WHOLE_IN_FILE } from "./wording.ts";

/** What a message of this session says. */
export interface Content {
  readonly chatId: number;
  readonly sign: Sign;
  readonly subject?: string;
  readonly body: Formatted;
  /** The body as it was written, where it may go as a file. */
  readonly source?: { readonly what: "question" | "answer"; readonly text: string; readonly format: Format };
}

/** One message, as Telegram takes it. */
export type Part = Pick<SendJob, "text" | "entities" | "file">;

/** Writes the messages of this session: each begins with the header whose link carries the chat's token. */
export class Composer {
  readonly #stores: SessionStores;
  readonly #botUsername: string;

  constructor(stores: SessionStores, botUsername: string) {
    this.#stores = stores;
    this.#botUsername = botUsername;
  }

  /** As many messages as it takes, at least one; what is long goes as a file: see `Layout`. */
  compose(ref: string, what: Content): Part[] {
    const session = this.#stores.registration.read();
    const token = this.#stores.tokens.ensure(what.chatId, ref);
    const header = headerLine({
      sign: what.sign,
      machine: session?.machineId ?? "",
      ...(session?.label === undefined || session.label === null ? {} : { label: session.label }),
      ...(what.subject === undefined ? {} : { subject: what.subject }),
    });
    return laidOut({ header, headerUrl: headerLink(this.#botUsername, token), ...what.body }, what);
  }
}

function laidOut(outgoing: Outgoing, { source, subject }: Content): Part[] {
  const parts = splitMessage(outgoing).map(part);
  const [first] = parts;
  if (source === undefined || first === undefined) return parts;
  const file = { name: fileNameOf(source.what, subject ?? "", source.format), text: source.text };
  switch (layoutOf(parts.length, source.what)) {
    case "messages":
      return parts;
    case "file":
      return [{ ...part(captionOf(outgoing, WHOLE_IN_FILE)), file }];
    case "beginning and file": {
      const remark = restInFile(parts.length - 1);
      return [first, { ...part(captionOf({ ...outgoing, text: "", entities: [] }, remark)), file }];
    }
  }
}

function part({ text, entities }: Formatted): Part {
  return { text, entities: entities.flatMap(sendable) };
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
