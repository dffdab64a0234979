import { cutOf } from "./cut.ts";
import { clipped, type Formatted } from "./entities.ts";
import { harmlessBody, headed, type Outgoing } from "./outgoing.ts";

/** Telegram's limit for one message. */
const MOST_UNITS = 4096;

/**
 * The messages that a text becomes: each begins with the header line, linked from offset 0, and has at most 4096
 * UTF-16 units and 100 entities (of more, the last are dropped). Links to this bot in the text are made harmless:
 * see `withoutBotLinks`.
 */
export function splitMessage(outgoing: Outgoing): Formatted[] {
  const parts = shares(harmlessBody(outgoing), MOST_UNITS - outgoing.header.length - 1);
  const filled = parts.filter((part) => part.text.trim() !== "");
  return (filled.length === 0 ? [{ text: "", entities: [] }] : filled).map((share) => headed(outgoing, share));
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
