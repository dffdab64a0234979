import type { Entity } from "./feed.ts";

/** A piece of a message: plain text, or an entity around further pieces. */
export type Piece = string | { entity: Entity; pieces: Piece[] };

/**
 * Splits a message's text by its entities. Telegram's entities nest and never overlap in part; one that does all the
 * same is cut at the end of the one around it.
 */
export function pieces(text: string, entities: readonly Entity[]): Piece[] {
  const sorted = entities
    .filter(({ length }) => length > 0)
    .toSorted((one, other) => one.offset - other.offset || other.length - one.length);
  return within(text, sorted, 0, text.length);
}

function within(text: string, entities: readonly Entity[], start: number, end: number): Piece[] {
  const found: Piece[] = [];
  let at = start;
  let next = 0;
  while (next < entities.length) {
    const entity = entities[next];
    if (entity === undefined || entity.offset >= end) break;
    next += 1;
    if (entity.offset < at) continue;
    const close = Math.min(entity.offset + entity.length, end);
    if (entity.offset > at) found.push(text.slice(at, entity.offset));
    const inner = entities.slice(next).filter(({ offset }) => offset < close);
    found.push({ entity, pieces: within(text, inner, entity.offset, close) });
    at = close;
  }
  if (at < end) found.push(text.slice(at, end));
  return found;
}

/** What a link in a message does when it is tapped. */
export type Link = { kind: "start"; url: string; payload: string } | { kind: "page"; url: string } | { kind: "dead" };

/** A link to the bot's own `?start=` sends `/start`; web pages open; anything else (`javascript:`) is dead. */
export function linkOf(url: string, botUsername: string): Link {
  if (!URL.canParse(url)) return { kind: "dead" };
  const { protocol, hostname, pathname, searchParams } = new URL(url);
  const payload = searchParams.get("start");
  const ofBot = hostname === "t.me" && pathname.toLowerCase() === `/${botUsername.toLowerCase()}`;
  if (protocol === "https:" && ofBot && payload !== null) return { kind: "start", url, payload };
  return protocol === "https:" || protocol === "http:" ? { kind: "page", url } : { kind: "dead" };
}
