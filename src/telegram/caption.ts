import type { MessageEntity } from "grammy/types";
import { cutOf } from "./cut.ts";
import { clipped, type Formatted } from "./entities.ts";
import { harmlessBody, headed, type Outgoing } from "./outgoing.ts";

/** Telegram's limit for one caption. */
const MOST_UNITS = 1024;

/** Stands before the remark. */
const GAP = "\n\n";

/**
 * The caption of a file: the header line, linked from offset 0, as much of the beginning as fits, and a remark of ours
 * in a line of its own. At most 1024 UTF-16 units and 100 entities.
 */
export function captionOf(outgoing: Outgoing, remark: string): Formatted {
  const body = harmlessBody(outgoing);
  const room = MOST_UNITS - outgoing.header.length - 1 - GAP.length - remark.length;
  const most = body.text.trimEnd().length;
  const end = most <= room ? most : cutOf(body.text, body.entities, 0, room).end;
  const beginning = body.text.slice(0, end).trimEnd();
  const offset = beginning === "" ? 0 : beginning.length + GAP.length;
  const ours: MessageEntity = { type: "italic", offset, length: remark.length };
  return headed(outgoing, {
    text: beginning === "" ? remark : beginning + GAP + remark,
    // Ours before the others: of too many the last are dropped.
    entities: [ours, ...body.entities.flatMap((entity) => clipped(entity, 0, beginning.length) ?? [])],
  });
}
