import { expect, test } from "vitest";
import { formatText } from "../../agent/demo/telegram/formatted-text.ts";
import { findEntities } from "../../agent/demo/telegram/found-entities.ts";
import { splitLongText } from "../../agent/demo/telegram/split-long-text.ts";

const bold = (offset: number, length: number) => ({ type: "bold", offset, length });

test.each([
  ["ends are trimmed", "\n  a b \n", [], "a b", []],
  ["entities move with a trimmed beginning", "  ab", [bold(2, 2)], "ab", [bold(0, 2)]],
  ["a beginning that an entity covers stays", "  ab", [bold(1, 3)], " ab", [bold(0, 3)]],
  ["an entity ends with the text", "ab  ", [bold(0, 4)], "ab", [bold(0, 2)]],
  ["an entity in what is trimmed goes", "ab  ", [bold(2, 2)], "ab", []],
  ["control characters become spaces", "a\u0007b\tc", [bold(2, 3)], "a b c", [bold(2, 3)]],
  ["carriage returns go, and entities close up", "a\r\nb", [bold(0, 4)], "a\nb", [bold(0, 3)]],
  [
    "outer entities stand first",
    "abc",
    [bold(0, 1), { type: "italic", offset: 0, length: 3 }],
    "abc",
    [{ type: "italic", offset: 0, length: 3 }, bold(0, 1)],
  ],
])("%s", (_name, text, entities, expectedText, expectedEntities) => {
  expect(formatText(text, entities)).toEqual({ text: expectedText, entities: expectedEntities });
});

test.each([
  ["/pair devbox", ["bot_command /pair"]],
  ["/pair@ccr_bot devbox", ["bot_command /pair@ccr_bot"]],
  ["see /etc/passwd and a/b", []],
  ["run /esc now", ["bot_command /esc"]],
  ["ask @ccr_bot, a@example.com", ["email a@example.com", "mention @ccr_bot"]],
  ["https://t.me/ccr_bot?start=abc.", ["url https://t.me/ccr_bot?start=abc"]],
  ["on example.com/x #release", ["url example.com/x", "hashtag #release"]],
  ["plain words", []],
])("in %j Telegram finds %j", (text, expected) => {
  const found = findEntities(text, []).map(
    ({ type, offset, length }) => `${type} ${text.slice(offset, offset + length)}`,
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test("nothing is found under a link that the sender made", () => {
  expect(findEntities("devbox /esc", [{ type: "text_link", offset: 0, length: 11, url: "https://t.me/" }])).toEqual([]);
});

test("a long text is cut at a line's end where one is near, else at a word's, and never inside of a symbol", () => {
  const lines = `${"a".repeat(4000)}\n${"b ".repeat(100)}`;
  expect(splitLongText(lines, []).map(({ text }) => text.length)).toEqual([4001, 200]);
  const words = `${"a".repeat(4000)} ${"b".repeat(200)}`;
  expect(splitLongText(words, []).map(({ text }) => text.length)).toEqual([4001, 200]);
  const symbols = `a${"🙂".repeat(2100)}`;
  expect(splitLongText(symbols, []).map(({ text }) => text.length)).toEqual([4095, 106]);
});

test("an entity that crosses a cut goes on in the next part", () => {
  const parts = splitLongText("x".repeat(5000), [bold(4000, 500)]);
  expect(parts.map(({ entities }) => entities)).toEqual([[bold(4000, 96)], [bold(0, 404)]]);
});
