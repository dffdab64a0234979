import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compose } from "../../agent/terminal/compose.ts";
import { matching } from "./matching.ts";

const START = "\u001b[200~";
const END = "\u001b[201~";

describe("where the program asked for bracketed paste", () => {
  test.each([
    ["one line", "hello", `${START}hello${END}`],
    ["several lines", "a\nb", `${START}a\nb${END}`],
    ["a newline at the end is left to Enter", "a\n\n", `${START}a${END}`],
    ["a command is typed", "/help me", "/help me"],
    ["lines that begin like a command are a text", "/etc/hosts\nis wrong", `${START}/etc/hosts\nis wrong${END}`],
  ])("%s", (_, text, body) => {
    expect(compose(text, "text", true)).toMatchObject({ status: "typing", body });
  });

  test("a paste is ended even where its writing is given up", () => {
    expect(compose("hello", "text", true)).toMatchObject({ closing: END });
    expect(compose("/help", "text", true)).toMatchObject({ closing: "" });
  });

  test("no text can end its own paste", () => {
    const parts = fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(END, START, "\u001b", "\u009b201~", "\n")),
    );
    fc.assert(
      fc.property(parts, (pieces) => {
        const composed = compose(pieces.join(""), "text", true);
        if (composed.status === "failed" || composed.closing === "") return;
        expect(composed.body.indexOf(END)).toBe(composed.body.length - END.length);
        expect(composed.body.lastIndexOf("\u001b[200~")).toBe(0);
        expect(composed.body).not.toContain("\u009b");
      }),
    );
  });
});

test("without it, each newline is the Enter key", () => {
  expect(compose("a\r\nb\nc", "text", false)).toEqual({ status: "typing", body: "a\rb\rc", closing: "", removed: 0 });
});

test.each([
  ["continue", ""],
  ["yes", "y"],
  ["no", "n"],
  ["exit", "/exit"],
])("the action %s", (action, body) => {
  for (const bracketedPaste of [true, false]) {
    expect(compose(action, "action", bracketedPaste)).toEqual({ status: "typing", body, closing: "", removed: 0 });
  }
});

test("an action of no special meaning is typed as it is, and so is the word yes from a user", () => {
  expect(compose("run tests", "action", false)).toMatchObject({ body: "run tests" });
  expect(compose("yes", "text", false)).toMatchObject({ body: "yes" });
});

test.each([
  ["", /send some words/],
  [" \n ", /send some words/],
  ["\u001b\u200b", /only invisible or control characters/],
])("%j holds nothing to type", (text, reason) => {
  expect(compose(text, "text", true)).toEqual({ status: "failed", reason: matching(reason) });
});
