import { describe, expect, test } from "vitest";
import { EMPTY_DRAFT, type } from "../../agent/demo/line-editor.ts";
import type { Typed } from "../../agent/demo/line-editor.ts";

function after(...inputs: string[]): { text: string; typed: Typed[] } {
  let draft = EMPTY_DRAFT;
  const typed: Typed[] = [];
  for (const input of inputs) {
    const result = type(draft, input);
    draft = result.draft;
    typed.push(...result.typed);
  }
  return { text: draft.text, typed };
}

describe("typing at the prompt of the demo's program", () => {
  test.each<[what: string, inputs: string[], text: string, typed: Typed[]]>([
    ["Enter sends the line", ["hello\r"], "", [{ kind: "line", text: "hello" }]],
    ["an empty Enter is a line too", ["\r"], "", [{ kind: "line", text: "" }]],
    ["text and Enter may come apart", ["hel", "lo", "\r"], "", [{ kind: "line", text: "hello" }]],
    [
      "several lines are sent in order",
      ["one\rtwo\rth"],
      "th",
      [
        { kind: "line", text: "one" },
        { kind: "line", text: "two" },
      ],
    ],
    ["a pasted newline is text", ["\u001B[200~one\ntwo\u001B[201~", "\r"], "", [{ kind: "line", text: "one\ntwo" }]],
    [
      "a paste's brackets may be cut in two",
      ["\u001B[20", "0~a\rb\u001B[2", "01~\r"],
      "",
      [{ kind: "line", text: "a\nb" }],
    ],
    ["backspace takes a whole character", ["a👍\u007F"], "a", []],
    ["Ctrl-U empties the line", ["wrong\u0015right"], "right", []],
    ["arrows and other keys leave nothing behind", ["a\u001B[Db\u001BOPc"], "abc", []],
    ["Ctrl-C interrupts", ["half\u0003"], "", [{ kind: "interrupt" }]],
    ["Ctrl-D ends at an empty line only", ["x\u0004\u0015\u0004"], "", [{ kind: "end" }]],
  ])("%s", (_what, inputs, text, typed) => {
    expect(after(...inputs)).toEqual({ text, typed });
  });
});
