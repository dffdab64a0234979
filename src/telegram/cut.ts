import type { MessageEntity } from "grammy/types";

/** A part that is shorter than this would make more messages than the nicer cut is worth. */
const LEAST_SHARE = 0.5;

/** Where a part ends, the best first: paragraph, line, sentence, word. What they match is dropped. */
const LINE_ENDS = [/\n\s*\n/g, /\n+/g];
const BLANKS = [/(?<=[.!?…。！？])\s+/g, /\s+/g];

/** More than the longest emoji; what is longer is no character that anyone has written by hand. */
const LONGEST_CHARACTER = 64;

export interface Cut {
  /** Where this part ends. */
  end: number;
  /** Where the next one begins: what lies between is dropped. */
  next: number;
}

/**
 * Finds the best place to end a part that begins at `start` and must end by `most`, where the text goes on behind it.
 * A code block is cut between lines and loses nothing but the line's end; nothing is ever cut inside a character.
 */
export function cutOf(text: string, entities: readonly MessageEntity[], start: number, most: number): Cut {
  const least = start + Math.floor((most - start) * LEAST_SHARE);
  const blocks = entities.filter(
    ({ type, offset, length }) => type === "pre" && offset < most && offset + length > start,
  );
  // One unit more, so that a blank right behind the limit is seen.
  const window = text.slice(least, most + 1);
  for (const pattern of [...LINE_ENDS, ...BLANKS]) {
    const cuts = Array.from(window.matchAll(pattern), (match) => ({
      end: least + match.index,
      next: least + match.index + match[0].length,
    }));
    const kept = cuts.flatMap((cut) => keepingCode(cut, blocks, LINE_ENDS.includes(pattern))).at(-1);
    if (kept !== undefined) return kept;
  }
  const hard = endOfCharacter(text, start, most);
  return { end: hard, next: hard };
}

/** Inside a code block every blank counts. */
function keepingCode(cut: Cut, blocks: readonly MessageEntity[], atLineEnd: boolean): Cut[] {
  if (blocks.some(({ offset, length }) => offset <= cut.end && cut.end < offset + length)) {
    return atLineEnd ? [{ end: cut.end, next: cut.end + 1 }] : [];
  }
  const ahead = blocks.find(({ offset }) => cut.end < offset && offset < cut.next);
  return [{ end: cut.end, next: ahead?.offset ?? cut.next }];
}

/** The last place up to `most` that is not inside a character (a letter with its accents, an emoji, a pair). */
function endOfCharacter(text: string, start: number, most: number): number {
  const from = Math.max(start, outsidePair(text, most - LONGEST_CHARACTER));
  const around = text.slice(from, most + LONGEST_CHARACTER);
  let end = 0;
  for (const { index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(around)) {
    if (from + index <= most) end = index;
  }
  return end > 0 ? from + end : outsidePair(text, most);
}

function outsidePair(text: string, index: number): number {
  const code = text.codePointAt(index - 1) ?? 0;
  return code > 0xffff ? index - 1 : index;
}
