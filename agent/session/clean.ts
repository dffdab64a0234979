/** A text as it may be typed, and how many characters (code points) were taken out of it. */
export type Cleaned = { text: string; removed: number };

/**
 * What is kept although it holds invisible characters: emoji made of several (joined by U+200D, with a variation
 * selector, keycaps, and the three flags made of tags). Their grammar is that of Unicode Technical Standard 51; tags are
 * taken literally, since any others could carry a hidden text.
 */
const EMOJI = [
  String.raw`\p{ExtPict}(?:[\uFE0E\uFE0F]|\p{EMod})?(?:\u200D\p{ExtPict}(?:[\uFE0E\uFE0F]|\p{EMod})?)+`,
  String.raw`\p{ExtPict}[\uFE0E\uFE0F]`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  "\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}",
].join("|");

/** What ends a line somewhere: all become `\n`. */
const LINE_END = String.raw`\r\n|[\r\u2028\u2029]`;

/**
 * What goes: control characters (C0 and ESC, DEL, C1), everything that Unicode calls ignorable by default (zero-width,
 * bidirectional overrides and isolates, fillers, tags, variation selectors), the interlinear annotation marks, and
 * halves of a surrogate pair, which cannot be written as UTF-8. Claude Code does not submit a prompt that holds
 * invisible characters, and the next one is glued to it.
 */
const HARMFUL = String.raw`(?![\n\t])\p{Cc}|\p{DI}|[\uFFF9-\uFFFB]|\p{Cs}`;

const SPECIAL = new RegExp(`(?<emoji>${EMOJI})|(?<lineEnd>${LINE_END})|${HARMFUL}`, "gu");

/**
 * Takes out of a text what could do harm in a terminal or hide from the reader: above all `ESC`, with which a text could
 * end its own paste and type the rest. Line ends become `\n`; tabs and emoji stay. Cleaning twice changes nothing.
 */
export function clean(text: string): Cleaned {
  let removed = 0;
  const cleaned = text.replace(SPECIAL, (match: string, emoji: string | undefined, lineEnd: string | undefined) => {
    if (emoji !== undefined) return match;
    if (lineEnd !== undefined) return "\n";
    removed += 1;
    return "";
  });
  return { text: cleaned, removed };
}

/** What is said of the characters that were taken out; nothing where there were none. */
export function leftOut(removed: number | undefined): string | undefined {
  if (removed === undefined || removed === 0) return undefined;
  return `${removed} ${removed === 1 ? "character that a terminal must not get was" : "characters that a terminal must not get were"} left out`;
}
