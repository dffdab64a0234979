import type { FormattedText } from "./formatted-text.ts";
import type { MessageEntity } from "./message.ts";

/** The most that fits into one message, in UTF-16 units. */
const PART = 4096;
/** A client looks back this far for a better place to cut. */
const LOOK_BACK = 512;

/** Cuts what a person wrote into messages, as clients do: at a line's or a word's end where one is near. */
export function splitLongText(text: string, entities: readonly MessageEntity[]): FormattedText[] {
  const parts: FormattedText[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.length - start <= PART ? text.length : findCut(text, start);
    parts.push({ text: text.slice(start, end), entities: clip(entities, start, end) });
    start = end;
  }
  return parts;
}

function findCut(text: string, start: number): number {
  const limit = start + PART;
  for (const separator of ["\n", " "]) {
    const at = text.lastIndexOf(separator, limit - 1);
    if (at >= limit - LOOK_BACK) return at + 1;
  }
  const next = text.charCodeAt(limit);
  // Not between the two halves of one symbol.
  return next >= 0xdc00 && next <= 0xdfff ? limit - 1 : limit;
}

function clip(entities: readonly MessageEntity[], start: number, end: number): MessageEntity[] {
  return entities
    .filter(({ offset, length }) => offset < end && offset + length > start)
    .map((entity) => {
      const from = Math.max(entity.offset, start);
      const to = Math.min(entity.offset + entity.length, end);
      return { ...entity, offset: from - start, length: to - from };
    });
}
