import type { MessageEntity } from "grammy/types";

/** A text and its formatting. Offsets and lengths are in UTF-16 units, as a JavaScript string counts. */
export interface Formatted {
  text: string;
  entities: MessageEntity[];
}

/** What is left of an entity between `start` and `end`, counted from `start`; undefined where nothing is. */
export function clipped(entity: MessageEntity, start: number, end: number): MessageEntity | undefined {
  const from = Math.max(entity.offset, start);
  const to = Math.min(entity.offset + entity.length, end);
  return from < to ? { ...entity, offset: from - start, length: to - from } : undefined;
}

/** The same entities, `by` further on. */
export function shifted(entities: readonly MessageEntity[], by: number): MessageEntity[] {
  return entities.map((entity) => ({ ...entity, offset: entity.offset + by }));
}

/** A stretch of a text, in UTF-16 units. */
export interface Range {
  offset: number;
  length: number;
}

export function overlaps(left: Range, right: Range): boolean {
  return left.offset < right.offset + right.length && right.offset < left.offset + left.length;
}

/** An entity with holes where `ranges` are; these are in order and do not overlap. */
export function withHoles(entity: MessageEntity, ranges: readonly Range[]): MessageEntity[] {
  const end = entity.offset + entity.length;
  const pieces: MessageEntity[] = [];
  let from = entity.offset;
  for (let i = firstEndingAfter(from, ranges); i < ranges.length; i++) {
    const range = ranges[i];
    if (range === undefined || range.offset >= end) break;
    if (range.offset > from) pieces.push({ ...entity, offset: from, length: range.offset - from });
    from = range.offset + range.length;
  }
  if (from < end) pieces.push({ ...entity, offset: from, length: end - from });
  return pieces;
}

/** A text may have thousands of both, so this is a binary search. */
function firstEndingAfter(offset: number, ranges: readonly Range[]): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && range.offset + range.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
