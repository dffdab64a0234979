import { expect, test } from "vitest";
import { asTyped, isTypedByPerson } from "../../../agent/claude/taken-prompt.ts";

test.each([
  [{ prompt: "hello" }, true],
  [{ prompt: "hello", source: "user" }, true],
  [{ prompt: "hello", source: "system" }, false],
  [{ prompt: "<task-notification>\n<task-id>1</task-id>" }, false],
  [{ prompt: "what is a <task-notification>?" }, true],
])("%j: typed by a person is %j", (prompt, expected) => {
  expect(isTypedByPerson(prompt)).toBe(expected);
});

test("a text from the phone stands in the box without what a terminal must not get", () => {
  expect(asTyped("a\u200bb\u001b[201~", () => "")).toBe("ab[201~");
});

test("a text that is too long stands there as the file to read", () => {
  const kept: string[] = [];
  const text = "word ".repeat(3_000);
  const typed = asTyped(text, (long) => {
    kept.push(long);
    return "/private/prompt.txt";
  });
  expect([typed, kept]).toEqual(["Read /private/prompt.txt and do what it says.", [text]]);
});
