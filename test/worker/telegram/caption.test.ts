import * as fc from "fast-check";
import type { MessageEntity } from "grammy/types";
import { expect, test } from "vitest";
import { headerLink, newToken } from "../../../src/address/reply-token.ts";
import { captionOf } from "../../../src/telegram/caption.ts";

const HEADER = "❓ devbox · api: run Bash?";
const HEADER_URL = headerLink("ccr_test_bot", newToken("abcdefghijklmnop"));
const REMARK = "📎 The whole is in the file.";
const LINK: MessageEntity = { type: "text_link", offset: 0, length: HEADER.length, url: HEADER_URL };
const ROOM = 1024 - HEADER.length - 1 - 2 - REMARK.length;

function caption(text: string, entities: MessageEntity[] = []): ReturnType<typeof captionOf> {
  return captionOf({ header: HEADER, headerUrl: HEADER_URL, text, entities }, REMARK);
}

test("a caption is the header, linked, the beginning, and a remark of ours", () => {
  const bold: MessageEntity = { type: "bold", offset: 0, length: 4 };
  expect(caption("Does it? ".repeat(200), [bold])).toEqual({
    text: `${HEADER}\n${"Does it? ".repeat(Math.floor((ROOM + 1) / 9)).trimEnd()}\n\n${REMARK}`,
    entities: [
      LINK,
      { type: "italic", offset: HEADER.length + 1 + 9 * Math.floor((ROOM + 1) / 9) + 1, length: REMARK.length },
      { type: "bold", offset: HEADER.length + 1, length: 4 },
    ],
  });
});

test("all of it stands there where it fits", () => {
  expect(caption("x".repeat(ROOM)).text).toBe(`${HEADER}\n${"x".repeat(ROOM)}\n\n${REMARK}`);
  expect(caption("x".repeat(ROOM + 1)).text).toBe(`${HEADER}\n${"x".repeat(ROOM)}\n\n${REMARK}`);
});

test("without a text the remark stands under the header", () => {
  for (const text of ["", " \n\n "])
    expect(caption(text)).toEqual({
      text: `${HEADER}\n${REMARK}`,
      entities: [LINK, { type: "italic", offset: HEADER.length + 1, length: REMARK.length }],
    });
});

test("code is cut between lines, and the remark is no part of it", () => {
  const code = `${"x".repeat(79)}\n`.repeat(100);
  const { text, entities } = caption(code, [{ type: "pre", language: "sh", offset: 0, length: code.length }]);
  const block = entities.find(({ type }) => type === "pre");
  const shown = text.slice(block?.offset, (block?.offset ?? 0) + (block?.length ?? 0));
  expect(new Set(shown.split("\n"))).toEqual(new Set(["x".repeat(79)]));
  expect(text).toBe(`${HEADER}\n${shown}\n\n${REMARK}`);
});

test("a link to this bot loses its address", () => {
  const url = headerLink("ccr_test_bot", newToken("ponmlkjihgfedcba"));
  const { entities } = caption("Tap here", [{ type: "text_link", offset: 0, length: 3, url }]);
  expect(entities.filter(({ type }) => type === "text_link")).toEqual([LINK]);
});

test("of over 100 entities the header's stays, and the remark's", () => {
  const entities = Array.from({ length: 200 }, (_, n): MessageEntity => ({ type: "bold", offset: 2 * n, length: 1 }));
  const kept = caption("ab".repeat(200), entities).entities;
  expect(kept).toHaveLength(100);
  expect(kept.slice(0, 2)).toMatchObject([LINK, { type: "italic" }]);
});

test("whatever the text is, Telegram takes its caption", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", "👨‍👩‍👧‍👦", "é", "."), maxLength: 3_000 });
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), (body, offset, length) => {
      const made = caption(body, [{ type: "code", offset: offset % (body.length + 1), length: length % 2_000 }]);
      expect(made.text.length).toBeLessThanOrEqual(1024);
      expect(made.text.startsWith(HEADER)).toBe(true);
      expect(made.text.endsWith(`\n${REMARK}`)).toBe(true);
      expect(made.text.isWellFormed()).toBe(true);
      for (const entity of made.entities) expect(entity.offset + entity.length).toBeLessThanOrEqual(made.text.length);
    }),
  );
});
