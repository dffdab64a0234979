import * as fc from "fast-check";
import type { MessageEntity } from "grammy/types";
import { describe, expect, test } from "vitest";
import { headerLink, newToken } from "../../../src/address/reply-token.ts";
import { splitMessage } from "../../../src/telegram/split.ts";

const HEADER = "✅ devbox · api (main)";
const BOT = "ccr_test_bot";
const HEADER_URL = headerLink(BOT, newToken("abcdefghijklmnop"));
const ROOM = 4096 - HEADER.length - 1;
const LINK: MessageEntity = { type: "text_link", offset: 0, length: HEADER.length, url: HEADER_URL };

function split(text: string, entities: MessageEntity[] = []): ReturnType<typeof splitMessage> {
  return splitMessage({ header: HEADER, headerUrl: HEADER_URL, text, entities });
}

/** The texts of the parts without their headers. */
function bodies(text: string, entities: MessageEntity[] = []): string[] {
  return split(text, entities).map((part) => part.text.slice(HEADER.length + 1));
}

/** What each entity but the header stands on. */
function marked(parts: ReturnType<typeof splitMessage>): string[][] {
  return parts.map((part) =>
    part.entities.slice(1).map(({ type, offset, length }) => `${type}: ${part.text.slice(offset, offset + length)}`),
  );
}

describe("a short text is one message", () => {
  test("with the header line, linked, before it", () => {
    const bold: MessageEntity = { type: "bold", offset: 0, length: 4 };
    expect(split("Done.", [bold])).toEqual([
      { text: `${HEADER}\nDone.`, entities: [LINK, { type: "bold", offset: HEADER.length + 1, length: 4 }] },
    ]);
  });

  test("that is the header alone where there is nothing to say", () => {
    expect(split("")).toEqual([{ text: HEADER, entities: [LINK] }]);
    expect(split(" \n ".repeat(3000))).toEqual([{ text: HEADER, entities: [LINK] }]);
  });

  test("up to 4096 units", () => {
    expect(bodies("a".repeat(ROOM))).toEqual(["a".repeat(ROOM)]);
    expect(bodies("a".repeat(ROOM + 1))).toEqual(["a".repeat(ROOM), "a"]);
  });
});

describe("a long text is cut", () => {
  const words = "word ".repeat(500).trim();

  const more = "x".repeat(500);

  test("between paragraphs, before lines", () => {
    expect(bodies(`${words}\n\n${more}\n${words}`)).toEqual([words, `${more}\n${words}`]);
  });

  test("between lines, before sentences", () => {
    expect(bodies(`${words}\n${more}. ${words}`)).toEqual([words, `${more}. ${words}`]);
  });

  test("between sentences, before words", () => {
    expect(bodies(`${words}. ${more} ${words}`)).toEqual([`${words}.`, `${more} ${words}`]);
  });

  test("between words, losing none", () => {
    const text = "word ".repeat(2000).trim();
    const parts = bodies(text);
    expect(parts.join(" ")).toBe(text);
    expect(parts[0]?.length).toBeGreaterThan(ROOM - 6);
  });

  test("not so early that more messages come of it", () => {
    expect(bodies(`short\n\n${"a".repeat(ROOM)}`)[0]?.length).toBe(ROOM);
  });

  test("never inside an emoji", () => {
    const family = "👨‍👩‍👧‍👦";
    for (const part of bodies("a" + family.repeat(800))) expect(part.replaceAll(family, "").replace(/^a/, "")).toBe("");
  });
});

describe("a code block that is cut", () => {
  const line = `    ${"x".repeat(75)}\n`;
  const code = line.repeat(100).trimEnd();

  test("goes on in the next message as a block of its own, whole lines in each", () => {
    const parts = split(`Look:\n${code}`, [{ type: "pre", language: "ts", offset: 6, length: code.length }]);
    expect(parts.length).toBe(2);
    for (const part of parts) {
      const block = part.entities[1];
      expect(block).toMatchObject({ type: "pre", language: "ts" });
      const text = part.text.slice(block?.offset, (block?.offset ?? 0) + (block?.length ?? 0));
      expect(text.split("\n").every((one) => one === line.trimEnd())).toBe(true);
    }
  });

  test("keeps its empty lines and its indentation", () => {
    const spaced = `${"x".repeat(4000)}\n\n\n    y${"z".repeat(200)}`;
    expect(bodies(spaced, [{ type: "pre", offset: 0, length: spaced.length }])).toEqual([
      "x".repeat(4000),
      `\n\n    y${"z".repeat(200)}`,
    ]);
  });

  test("is not cut at a blank in a line", () => {
    const long = "word ".repeat(1000);
    expect(bodies(long, [{ type: "pre", offset: 0, length: long.length }]).join("")).toBe(long.trimEnd());
  });

  test("loses nothing of its indentation where the cut is before it", () => {
    const text = `${"x".repeat(4000)}\n\n   \n  code ${"y".repeat(100)}`;
    expect(bodies(text, [{ type: "pre", offset: 4002, length: text.length - 4002 }])[1]).toMatch(/^ {3}\n {2}code/);
  });
});

describe("a link to this bot in the text is made harmless:", () => {
  const token = newToken("ponmlkjihgfedcba");

  test.each([
    headerLink(BOT, token),
    `https://T.me/CCR_TEST_BOT?start=${token}`,
    `https://telegram.me/${BOT}?start=${token}`,
    `tg://resolve?domain=${BOT}&start=${token}`,
    `https://${BOT}.t.me/?start=${token}`,
    `https://t.me/%63cr_test_bot?start=${token}`,
    `https://t.me/s/${BOT}?start=${token}`,
  ])("%s loses its address", (url) => {
    expect(split("Tap here", [{ type: "text_link", offset: 0, length: 3, url }])).toEqual([
      { text: `${HEADER}\nTap here`, entities: [LINK] },
    ]);
  });

  test("a bare one becomes code and stays readable", () => {
    const url = headerLink(BOT, token);
    const bold: MessageEntity = { type: "bold", offset: 0, length: 8 + url.length };
    expect(marked(split(`see ${url} now`, [bold]))).toEqual([["bold: see ", "bold:  now", `code: ${url}`]]);
  });

  test("a bare one inside code stays as it is", () => {
    const text = `t.me/${BOT}?start=${token}`;
    expect(marked(split(text, [{ type: "pre", offset: 0, length: text.length }]))).toEqual([[`pre: ${text}`]]);
  });

  test("links to other places stay", () => {
    const link: MessageEntity = { type: "text_link", offset: 0, length: 3, url: "https://t.me/durov" };
    expect(marked(split("Tap https://t.me/durov", [link]))).toEqual([["text_link: Tap"]]);
  });
});

test("of more than 100 entities the last are dropped, never the header", () => {
  const entities = Array.from({ length: 300 }, (_, i): MessageEntity => ({ type: "bold", offset: i * 2, length: 1 }));
  const [part] = split("a ".repeat(300), entities);
  expect(part?.entities).toHaveLength(100);
  expect(part?.entities[0]).toEqual(LINK);
});

test("a header link that was not made by headerLink() is a bug", () => {
  expect(() => splitMessage({ header: HEADER, headerUrl: "https://example.org", text: "", entities: [] })).toThrow(
    "headerLink()",
  );
});

test("whatever the text, no part is too long, no entity out of range, no pair broken, nothing lost but blanks", () => {
  const piece = fc.oneof(
    fc.constantFrom("\n\n", "\n", ". ", " ", "👨‍👩‍👧‍👦", "😀", "é", "t.me/ccr_test_bot?start=x"),
    fc.string({ unit: "grapheme" }),
    fc.nat({ max: 3000 }).map((n) => "x".repeat(n)),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  const types = fc.constantFrom<"bold" | "pre" | "code" | "blockquote">("bold", "pre", "code", "blockquote");
  const entity = fc.record({ type: types, offset: fc.nat({ max: 20_000 }), length: fc.integer({ min: 1, max: 9000 }) });
  fc.assert(
    fc.property(text, fc.array(entity, { maxLength: 20 }), (words, entities) => {
      const inside = entities.filter(({ offset, length }) => offset + length <= words.length);
      const parts = split(words, inside);
      for (const part of parts) {
        expect(part.text.length).toBeLessThanOrEqual(4096);
        expect(part.text.startsWith(HEADER)).toBe(true);
        expect(part.entities[0]).toEqual(LINK);
        expect(part.text).not.toMatch(/\p{Cs}/u);
        for (const { offset, length } of part.entities) {
          expect(length).toBeGreaterThan(0);
          expect(offset + length).toBeLessThanOrEqual(part.text.length);
        }
      }
      const kept = parts.map((part) => part.text.slice(HEADER.length)).join("");
      expect(kept.replace(/\s+/g, "")).toBe(words.replace(/\s+/g, ""));
    }),
  );
});
