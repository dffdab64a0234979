import { describe, expect, test } from "vitest";
import { linkOf, pieces } from "../../agent/demo/page/pieces.ts";
import type { Piece } from "../../agent/demo/page/pieces.ts";

/** `[bold text]`: easier to read than the tree. */
function drawn(found: readonly Piece[]): string {
  return found
    .map((piece) => (typeof piece === "string" ? piece : `[${piece.entity.type} ${drawn(piece.pieces)}]`))
    .join("");
}

describe("a message's text, split by its entities", () => {
  test.each([
    ["no entity", "plain", [], "plain"],
    ["one in the middle", "a bold b", [{ type: "bold", offset: 2, length: 4 }], "a [bold bold] b"],
    [
      "two beside each other",
      "ab",
      [
        { type: "bold", offset: 0, length: 1 },
        { type: "italic", offset: 1, length: 1 },
      ],
      "[bold a][italic b]",
    ],
    [
      "one inside another, whatever their order",
      "see this now",
      [
        { type: "italic", offset: 4, length: 4 },
        { type: "bold", offset: 0, length: 12 },
      ],
      "[bold see [italic this] now]",
    ],
    [
      "two on the same text",
      "x",
      [
        { type: "bold", offset: 0, length: 1 },
        { type: "italic", offset: 0, length: 1 },
      ],
      "[bold [italic x]]",
    ],
    ["after a character of two units", "👍 ok", [{ type: "code", offset: 3, length: 2 }], "👍 [code ok]"],
    ["one that goes past the end", "abc", [{ type: "bold", offset: 1, length: 99 }], "a[bold bc]"],
  ])("%s", (_what, text, entities, expected) => {
    expect(drawn(pieces(text, entities))).toBe(expected);
  });
});

describe("what a link does when it is tapped", () => {
  test.each([
    ["https://t.me/ccr_demo_bot?start=TOKEN", { kind: "start", payload: "TOKEN" }],
    ["https://t.me/CCR_demo_bot?start=TOKEN", { kind: "start", payload: "TOKEN" }],
    ["https://t.me/other_bot?start=TOKEN", { kind: "page" }],
    ["https://example.org/?start=TOKEN", { kind: "page" }],
    ["javascript:alert(1)", { kind: "dead" }],
    ["not a link", { kind: "dead" }],
  ])("%s", (url, expected) => {
    expect(linkOf(url, "ccr_demo_bot")).toMatchObject(expected);
  });
});
