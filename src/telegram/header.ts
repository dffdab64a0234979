/** A lock screen shows about this much of a message; UTF-16 units, the shortest measure that Telegram uses. */
const MOST = 64;

const SIGNS = { done: "✅", question: "❓", warning: "⚠️", info: "💬" } as const;

export type Sign = keyof typeof SIGNS;

/** Control characters, line separators and marks that turn the direction of writing; lone halves of a pair too. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * The first line of every message that is sent for a session: `✅ devbox · api (main)`, `❓ devbox · api: run Bash?`.
 * One line of at most 64 UTF-16 units; what is longer ends with `…`, never inside a character.
 */
export function headerLine(parts: { sign: Sign; machine: string; label?: string; subject?: string }): string {
  const label = oneLine(parts.label ?? "");
  const subject = oneLine(parts.subject ?? "");
  const place = label === "" ? oneLine(parts.machine) : `${oneLine(parts.machine)} · ${label}`;
  return shortened(`${SIGNS[parts.sign]} ${subject === "" ? place : `${place}: ${subject}`}`);
}

function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, " ").replace(/\s+/g, " ").trim();
}

function shortened(line: string): string {
  if (line.length <= MOST) return line;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(line)) {
    if (kept.length + segment.length + 1 > MOST) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
