/**
 * What Telegram makes of a text and its entities before it counts, stores or shows them: control characters become
 * spaces, ends are trimmed, entities move along, ranges that make no sense are refused.
 */
import { findEntities } from "./found-entities.ts";
import type { MessageEntity } from "./message.ts";
import { badRequest, type BadRequest } from "./refusal.ts";

export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

/** Telegram's library refuses numbers beyond it. */
const MAX_OFFSET = 1_000_000;

/** Text that is empty once it is trimmed comes back as "": whether that is allowed depends on the method. */
export function formatText(text: string, given: readonly MessageEntity[]): FormattedText | BadRequest {
  if (/\p{Surrogate}/u.test(text)) return badRequest("Strings must be encoded in UTF-8");
  for (const { offset, length } of given) {
    if (offset < 0 || offset > MAX_OFFSET) return badRequest(`Receive an entity with incorrect offset ${offset}`);
    if (length < 0 || length > MAX_OFFSET) return badRequest(`Receive an entity with incorrect length ${length}`);
  }
  const entities = given.filter(({ length }) => length > 0).toSorted(inTextOrder);
  for (const entity of entities) {
    const refusal = checkRange(text, entity);
    if (refusal !== undefined) return refusal;
  }
  const trimmed = trim(clean(text, entities));
  const found = findEntities(trimmed.text, trimmed.entities);
  return { text: trimmed.text, entities: [...trimmed.entities, ...found].toSorted(inTextOrder) };
}

/** Outer entities stand before the ones inside of them. */
function inTextOrder(a: MessageEntity, b: MessageEntity): number {
  return a.offset - b.offset || b.length - a.length;
}

function checkRange(text: string, { offset, length }: MessageEntity): BadRequest | undefined {
  const end = offset + length;
  if (offset > text.length) return badRequest(`Entity begins after the end of the text at UTF-16 offset ${offset}`);
  if (end > text.length) {
    return badRequest(
      `Entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`,
    );
  }
  if (splitsPair(text, offset)) {
    return badRequest(`Entity begins in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, offset + 1)}`);
  }
  if (splitsPair(text, end)) {
    const at = bytesBefore(text, end + 1);
    return badRequest(
      `Entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${at}`,
    );
  }
  return undefined;
}

function splitsPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return index > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

function bytesBefore(text: string, index: number): number {
  return Buffer.byteLength(text.slice(0, index));
}

/** Left out altogether: carriage returns, line and direction marks, and combining lines. */
const DROPPED = /\r|[\u2028-\u202e]|\u0333|\u033f|\u030a/;

function clean(text: string, entities: readonly MessageEntity[]): FormattedText {
  const position: number[] = [];
  let result = "";
  for (let index = 0; index < text.length; index++) {
    position.push(result.length);
    const unit = text.charAt(index);
    if (!DROPPED.test(unit)) result += unit < " " && unit !== "\n" ? " " : unit;
  }
  position.push(result.length);
  const moved = (index: number) => position[index] ?? result.length;
  return {
    text: result,
    entities: entities.map((entity) => between(entity, moved(entity.offset), moved(entity.offset + entity.length))),
  };
}

/** The end is always trimmed; the beginning only as far as no entity covers it. */
function trim({ text, entities }: FormattedText): FormattedText {
  const end = text.replace(/[ \n]+$/, "").length;
  const kept = entities
    .filter(({ offset, length }) => length > 0 && offset < end)
    .map((entity) => between(entity, entity.offset, Math.min(end, entity.offset + entity.length)));
  const blanks = /^[ \n]*/.exec(text.slice(0, end))?.[0].length ?? 0;
  const start = Math.min(blanks, kept[0]?.offset ?? end);
  return {
    text: text.slice(start, end),
    entities: kept.map((entity) => between(entity, entity.offset - start, entity.offset + entity.length - start)),
  };
}

function between(entity: MessageEntity, start: number, end: number): MessageEntity {
  return { ...entity, offset: start, length: end - start };
}
