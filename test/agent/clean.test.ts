import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clean } from "../../agent/session/clean.ts";

describe("what is kept", () => {
  test.each([
    ["plain text", "fix the tests, please"],
    ["newlines and tabs", "if x:\n\treturn"],
    ["letters of any script", "größer, 日本語, עברית, العربية, हिन्दी"],
    ["combining marks", "e\u0301 n\u0303"],
    ["an emoji", "👍"],
    ["an emoji with a skin tone", "👍🏽"],
    ["a red heart with its variation selector", "❤\ufe0f"],
    ["a family", "👨\u200d👩\u200d👧\u200d👦"],
    ["a pirate flag", "🏴\u200d☠\ufe0f"],
    ["a kiss of two skin tones", "🧑🏻\u200d❤\ufe0f\u200d💋\u200d🧑🏼"],
    ["a keycap", "1\ufe0f\u20e3"],
    ["the flag of a country", "🇩🇪"],
    ["the flag of Scotland, made of tags", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"],
    ["the private characters of terminal fonts", "\ue0b0"],
  ])("%s", (_, text) => {
    expect(clean(text)).toEqual({ text, removed: 0 });
  });
});

describe("what is taken out", () => {
  test.each([
    ["the end of a paste", "a\u001b[201~b", "a[201~b", 1],
    ["control characters", "a\u0000\u0003\u0004\u0008\u000b\u000c\u001ab", "ab", 7],
    ["DEL", "a\u007fb", "ab", 1],
    ["C1, an 8-bit CSI for example", "a\u009b201~\u0085b", "a201~b", 2],
    ["bidirectional overrides", "a\u202egpj.exe\u202c", "agpj.exe", 2],
    ["bidirectional isolates and marks", "\u2066a\u2069\u200e\u200f\u061c", "a", 5],
    ["zero-width characters", "a\u200b\u200c\u2060\ufeffb", "ab", 4],
    ["a joiner between letters", "a\u200db", "ab", 1],
    ["a joiner after an emoji, joining nothing", "👍\u200d no", "👍 no", 1],
    ["a variation selector after a letter", "a\ufe0fb", "ab", 1],
    ["selectors that can carry hidden bytes", "👍\u{e0100}\u{e0150}", "👍", 2],
    ["tags that spell a hidden text", "hi\u{e0068}\u{e0069}", "hi", 2],
    ["tags behind a flag that is none", "🏴\u{e0068}\u{e0069}\u{e007f}", "🏴", 3],
    ["soft hyphens and fillers", "a\u00ad\u3164\u115f\u180eb", "ab", 4],
    ["annotation marks", "a\ufff9b\ufffa\ufffb", "ab", 3],
    ["half a surrogate pair", "a\ud83db", "ab", 1],
  ])("%s", (_, text, expected, removed) => {
    expect(clean(text)).toEqual({ text: expected, removed });
  });
});

test.each([
  ["\r\n", "a\r\nb", "a\nb"],
  ["\r", "a\rb", "a\nb"],
  ["a line separator", "a\u2028b", "a\nb"],
  ["a paragraph separator", "a\u2029b", "a\nb"],
])("%s becomes a newline, and counts as nothing taken out", (_, text, expected) => {
  expect(clean(text)).toEqual({ text: expected, removed: 0 });
});

/** Texts in which the special characters stand close together. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "\u001b",
          "[201~",
          "\r",
          "\n",
          "\u200d",
          "\ufe0f",
          "\u20e3",
          "1",
          "👩",
          "🏽",
          "❤",
          "🏴",
          "\u{e0067}",
        ),
        fc.constantFrom("\u{e0062}", "\u{e007f}", "\u202e", "\u2028", "\ud83d", "\udc69", "a"),
        fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      ),
    )
    .map((parts) => parts.join("")),
);

function isUtf8(text: string): boolean {
  return Buffer.from(text, "utf8").toString("utf8") === text;
}

describe("of any text", () => {
  test("nothing is left that a terminal would act on", () => {
    fc.assert(
      fc.property(hostile, (text) => !/(?![\n\t])\p{Cc}|[\u2028\u2029]/u.test(clean(text).text)),
      { numRuns: 2_000 },
    );
  });

  test("the rest can be written as UTF-8", () => {
    fc.assert(
      fc.property(hostile, (text) => isUtf8(clean(text).text)),
      { numRuns: 2_000 },
    );
  });

  test("invisible characters are left only behind something visible", () => {
    fc.assert(
      fc.property(
        hostile,
        (text) => !/(?:^|[^\p{ExtPict}\p{EMod}\ufe0e\ufe0f0-9#*\u{e0061}-\u{e007a}])\p{DI}/u.test(clean(text).text),
      ),
      { numRuns: 2_000 },
    );
  });

  test("cleaning twice changes nothing", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: once } = clean(text);
        expect(clean(once)).toEqual({ text: once, removed: 0 });
      }),
      { numRuns: 2_000 },
    );
  });

  test("every character is either there or counted", () => {
    const length = (text: string): number => Array.from(text.replaceAll("\r\n", "\n")).length;
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: cleaned, removed } = clean(text);
        expect(length(cleaned) + removed).toBe(length(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
