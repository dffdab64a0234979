import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markdownToEntities } from "../../../src/telegram/markdown.ts";

/** The text, and what each entity stands on, in the order of the entities. */
function shown(markdown: string): [text: string, ...entities: string[]] {
  const { text, entities } = markdownToEntities(markdown);
  return [
    text,
    ...entities.map((entity) => {
      const stretch = text.slice(entity.offset, entity.offset + entity.length);
      if (entity.type === "text_link") return `${entity.type} ${entity.url}: ${stretch}`;
      return entity.type === "pre" && entity.language !== undefined
        ? `pre ${entity.language}: ${stretch}`
        : `${entity.type}: ${stretch}`;
    }),
  ];
}

describe("inline:", () => {
  test.each<[string, string[]]>([
    ["plain", ["plain"]],
    [
      "**bold** and *italic* and ~~gone~~",
      ["bold and italic and gone", "bold: bold", "italic: italic", "strikethrough: gone"],
    ],
    ["***both***", ["both", "italic: both", "bold: both"]],
    ["`a*b*c`", ["a*b*c", "code: a*b*c"]],
    ["**see `x` now**", ["see x now", "bold: see ", "code: x", "bold:  now"]],
    ["[docs](https://example.org/a?b=c)", ["docs", "text_link https://example.org/a?b=c: docs"]],
    ["[the server](http://localhost:3000/x)", ["the server"]],
    ["[the server](http://127.0.0.1:3000)", ["the server", "text_link http://127.0.0.1:3000: the server"]],
    ["![a chart](http://devbox/chart.png)", ["a chart"]],
    ["[**docs**](https://example.org)", ["docs", "text_link https://example.org: docs", "bold: docs"]],
    ["[`docs`](https://example.org)", ["docs", "text_link https://example.org: docs"]],
    ["[a.ts](src/a.ts#L3)", ["a.ts"]],
    ["[`a.ts`](src/a.ts)", ["a.ts", "code: a.ts"]],
    ["[x](tg://user?id=1)", ["x"]],
    ["[x](javascript:alert(1))", ["[x](javascript:alert(1))"]],
    ["<https://example.org>", ["https://example.org", "text_link https://example.org: https://example.org"]],
    ["![a cat](https://example.org/cat.png)", ["a cat", "text_link https://example.org/cat.png: a cat"]],
    [
      "![](https://example.org/cat.png)",
      ["https://example.org/cat.png", "text_link https://example.org/cat.png: https://example.org/cat.png"],
    ],
    ["![a cat](cat.png)", ["a cat"]],
    ["Promise<string> &lt;b&gt; &amp; 2 < 3 <br>", ["Promise<string> <b> & 2 < 3 <br>"]],
    ["snake_case_name and 2*3*4", ["snake_case_name and 234", "italic: 3"]],
    ["\\*not bold\\*", ["*not bold*"]],
    ["😀 **b**", ["😀 b", "bold: b"]],
    ["one\ntwo  \nthree", ["one\ntwo\nthree"]],
  ])("%j", (markdown, expected) => expect(shown(markdown)).toEqual(expected));
});

describe("blocks:", () => {
  test.each<[string, string[]]>([
    ["# Title\ntext", ["Title\n\ntext", "bold: Title"]],
    ["## A **b** `c`", ["A b c", "bold: A b ", "code: c"]],
    ["one\n\n\n\ntwo", ["one\n\ntwo"]],
    ["```ts\nconst a = 1;\n\n  b\n```", ["const a = 1;\n\n  b", "pre ts: const a = 1;\n\n  b"]],
    ["```\na\n```", ["a", "pre: a"]],
    ["```not a language!\na\n```", ["a", "pre not: a"]],
    ["```<x>\na\n```", ["a", "pre: a"]],
    ["    indented", ["indented", "pre: indented"]],
    ["```ts\nnever closed", ["never closed", "pre ts: never closed"]],
    ["> one\n> two\n\nafter", ["one\ntwo\n\nafter", "blockquote: one\ntwo"]],
    ["> one\n> > two", ["one\n\ntwo", "blockquote: one\n\ntwo"]],
    ["> - a\n> - b", ["• a\n• b", "blockquote: • a\n• b"]],
    ["> ```\n> a\n> ```", ["a", "blockquote: a", "pre: a"]],
    ["a\n\n---\n\nb", ["a\n\n────────\n\nb"]],
  ])("%j", (markdown, expected) => expect(shown(markdown)).toEqual(expected));
});

describe("lists:", () => {
  test.each<[string, string[]]>([
    ["- a\n- b\n\nafter", ["• a\n• b\n\nafter"]],
    ["text\n- a", ["text\n\n• a"]],
    ["3. a\n4. b", ["3. a\n4. b"]],
    ["- a\n  - b\n    1. c\n- d", ["• a\n  ◦ b\n    1. c\n• d"]],
    ["- a\n\n- b", ["• a\n• b"]],
    ["- a\n  more\n\n  para", ["• a\n  more\n\n  para"]],
    ["- ```\n  code\n  ```\n- b", ["• \ncode\n• b", "pre: code"]],
    ["- **a**: b", ["• a: b", "bold: a"]],
    ["- [ ] todo", ["• [ ] todo"]],
    ["-", ["• "]],
  ])("%j", (markdown, expected) => expect(shown(markdown)).toEqual(expected));
});

describe("tables:", () => {
  test.each<[string, string]>([
    ["| a | bb |\n|--|--|\n| 1 | 2 |", "a | bb\n--|---\n1 | 2"],
    [
      "| left | right | mid |\n|:--|--:|:-:|\n| a | 1 | x |\n| bb | 22 | yyyyy |",
      "left | right |  mid\n-----|-------|------\na    |     1 |   x\nbb   |    22 | yyyyy",
    ],
    ["| a | b |\n|--|--|\n| `x` **y** | [z](https://e.org) |", "a   | b\n----|--\nx y | z"],
    ["| 字 | b |\n|--|--|\n| ab | c |", "字 | b\n---|--\nab | c"],
    ["| a | b |\n|--|--|\n| 1 |", "a | b\n--|--\n1"],
    [`| a | b |\n|--|--|\n| ${"x".repeat(130)} | 2 |`, `a | b\n${"x".repeat(130)} | 2`],
  ])("%j", (markdown, text) => expect(shown(markdown)).toEqual([text, `pre: ${text}`]));
});

test("a text of nothing but definitions goes out as it is", () => {
  expect(markdownToEntities("[a]: https://example.org")).toEqual({ text: "[a]: https://example.org", entities: [] });
});

test("what is nested too deeply goes out as it is", () => {
  for (const deep of [`${">".repeat(60)} a`, `${"- ".repeat(60)}a`]) {
    expect(markdownToEntities(deep)).toEqual({ text: deep, entities: [] });
  }
});

test.each([">", "> ", "- ", "1. ", "> - ", "*", "*a **b ", "[", "![", "~~"])(
  "%j at any depth loses nothing of what is inside",
  (piece) => {
    for (let depth = 1; depth < 70; depth++) {
      expect(markdownToEntities(`${piece.repeat(depth)} word`).text).toContain("word");
    }
  },
);

test("what is longer than 64 Ki units goes out as it is", () => {
  const text = "**a** ".repeat(11_000);
  expect(markdownToEntities(text)).toEqual({ text, entities: [] });
});

/** Inputs that have brought other Markdown parsers to their knees. */
const HOSTILE = [
  ">",
  "> ",
  "*",
  "*a ",
  "*a **a ",
  "_a __a ",
  "[",
  "![[]()",
  "[a](",
  "`",
  "`a``b```c",
  "<a ",
  "- ",
  "1. ",
  "~~a ",
  "a**b",
  "&",
  "\\",
  "|a",
  "a\n=",
  "| a |\n|-|\n",
  "\t",
  "\n",
  "[a]: x\n",
  "<!--",
  "*a*`b`",
];

test.each(HOSTILE)("%j repeated up to the limit takes less than two seconds", (piece) => {
  const started = Date.now();
  markdownToEntities(piece.repeat(Math.floor((64 * 1024) / piece.length)));
  expect(Date.now() - started).toBeLessThan(2_000);
});

test("whatever the Markdown, entities are in range, and code holds no other formatting", () => {
  const PIECES = [
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "  ",
    "# ",
    "| a | b |\n|--|--|\n",
    "[",
    "](https://e.org)",
    "![",
    "<",
    "&lt;",
    "\\",
    "😀",
    "a",
    " ",
  ];
  const markdown = fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: "grapheme" })))
    .map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(markdown, (source) => {
      const { text, entities } = markdownToEntities(source);
      expect(text.trim() === "").toBe(source.trim() === "");
      for (const { offset, length } of entities) {
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(length).toBeGreaterThan(0);
        expect(offset + length).toBeLessThanOrEqual(text.length);
      }
      const code = entities.filter(({ type }) => type === "code" || type === "pre");
      const others = entities.filter(({ type }) => type !== "blockquote");
      for (const block of code) {
        const shared = others.filter(
          (other) =>
            other !== block && other.offset < block.offset + block.length && block.offset < other.offset + other.length,
        );
        expect(shared).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});
