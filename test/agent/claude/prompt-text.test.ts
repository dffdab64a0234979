import { expect, test } from "vitest";
import {
  forBox,
  isSamePrompt,
  isSlashCommand,
  judgePrompt,
  LONGEST_PROMPT,
  unwrapPaste,
  wordFor,
} from "../../../agent/claude/prompt-text.ts";

const NOTHING = { shell: false, exit: false };

test.each([
  ["fix the tests", "prompt"],
  ["two\nlines", "prompt"],
  ["/compact", "command"],
  ["/model opus", "command"],
  ["/plugin:do-it now", "command"],
  ["/etc/hosts is odd", "prompt"],
  ["/compact\nand then this", "prompt"],
  ["!ls", "refused"],
  ["  !ls", "refused"],
  ["exit", "refused"],
  [" quit\n", "refused"],
  ["/exit", "refused"],
  ["/exit now", "refused"],
  ["/EXIT", "refused"],
  ["/exit\nnow", "refused"],
  ["/quit\u00a0", "refused"],
  // Its menu takes the first command that begins so.
  ["/e", "refused"],
  ["/Qui", "refused"],
  ["/logout", "refused"],
  ["/logo", "refused"],
  ["/log", "command"],
  ["/export", "command"],
  ["/exit-plan", "command"],
  ["//exit", "prompt"],
  ["Exit", "prompt"],
  ["exit the loop early", "prompt"],
  ["why! not", "prompt"],
  ["x".repeat(LONGEST_PROMPT), "prompt"],
  ["ü".repeat(LONGEST_PROMPT), "long"],
])("%j is a %s", (text, status) => {
  expect(judgePrompt(text, NOTHING).status).toBe(status);
});

test("a shell command and an exit are refused, each until the machine allows that very one", () => {
  expect(judgePrompt("!ls", { shell: false, exit: true }).status).toBe("refused");
  expect(judgePrompt("exit", { shell: true, exit: false }).status).toBe("refused");
  expect(judgePrompt("!ls", { shell: true, exit: false })).toEqual({ status: "prompt" });
  expect(judgePrompt("exit", { shell: false, exit: true })).toEqual({ status: "prompt" });
  expect(judgePrompt("/exit", { shell: false, exit: true })).toEqual({ status: "command" });
});

test.each([
  ["/clear", true],
  ["/clear ", true],
  ["/", false],
  ["/ clear", false],
  ["/9", false],
  [" /clear", false],
])("%j is a slash command: %s", (text, is) => {
  expect(isSlashCommand(text)).toBe(is);
});

const LONG = Array.from({ length: 6 }, (_, index) => `line ${index}\tof it`).join("\n");

test.each([
  ["the same", "fix it", "fix it"],
  ["trimmed ends", "fix it\n\n", "fix it"],
  ["tabs as spaces", "a\tb", "a    b"],
  ["a wrapped paste", LONG, `<pasted_content id="1">\n${LONG.replaceAll("\t", "    ")}\n</pasted_content id="1">`],
  ["a wrapped paste in one line", "x".repeat(900), `<pasted_content id="a7">${"x".repeat(900)}</pasted_content>`],
  ["emoji and CJK", "grün 👩‍👩‍👧 日本語", "grün 👩‍👩‍👧 日本語"],
])("a typed text is recognised: %s", (_, typed, submitted) => {
  expect(isSamePrompt(typed, submitted)).toBe(true);
});

test.each([
  ["another text", "fix it", "fix that"],
  ["glued to a draft", "fix it", "draft fix it"],
  ["a part of it", "fix it now", "fix it"],
  ["lines that became one", "a\nb", "a b"],
])("is not taken for the typed one: %s", (_, typed, submitted) => {
  expect(isSamePrompt(typed, submitted)).toBe(false);
});

test("tags in the middle of a prompt are taken off too", () => {
  expect(unwrapPaste('look: <pasted_content id="1">\na\nb\n</pasted_content id="1"> ok')).toBe("look: a\nb ok");
});

test("a text that ends in a backslash gets a space behind it, and no other", () => {
  expect(forBox("C:\\")).toBe("C:\\ ");
  expect(forBox("C:\\\n")).toBe("C:\\ ");
  expect(forBox("C:\\ ")).toBe("C:\\ ");
  expect(forBox("plain")).toBe("plain");
});

test("buttons are words", () => {
  expect(["continue", "yes", "no", "exit", "run it"].map(wordFor)).toEqual([
    "continue",
    "yes",
    "no",
    "/exit",
    "run it",
  ]);
});
