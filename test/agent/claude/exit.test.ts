import { expect, test } from "vitest";
import * as v from "valibot";
import { exitQuestion, isExit, meaningOf } from "../../../agent/claude/exit.ts";
import { type Command, NotificationBody } from "../../../src/protocol.ts";

const FIELDS = { type: "command", id: "AAAAAAAAAAAAAAAA.q1", sessionId: "s1", remainingMs: 1_000 } as const;
const NONCE = exitQuestion("s1", "api").question?.nonce ?? "";

function answer(choice: string | undefined, command: string, nonce = NONCE): Command {
  return { ...FIELDS, kind: "answer", nonce, command, ...(choice === undefined ? {} : { choice }) };
}

/** The choice behind a button. */
function choiceOf(label: string): string {
  const buttons = exitQuestion("s1", "api").replyMarkup?.inline_keyboard.flat() ?? [];
  return buttons.find(({ text }) => text === label)?.callback_data.replace(/^.*\./, "") ?? "";
}

test.each([
  ["api", "End Claude Code in api?"],
  [null, "End Claude Code?"],
])("in %s it asks %j, and the router takes it", (label, text) => {
  const question = exitQuestion("s1", label);
  expect(question.text).toBe(text);
  expect(v.safeParse(NotificationBody, question).issues).toBeUndefined();
  expect(question.question?.remainingMs).toBe(10 * 60_000);
});

test("each question is another one", () => {
  expect(exitQuestion("s1", "api").question?.nonce).not.toBe(exitQuestion("s1", "api").question?.nonce);
});

test.each([
  ["exit-0123456789_", true],
  ["exit-0123456789", false],
  ["0123456789a0", false],
  ["exit-012345678901", false],
])("%s is the nonce of such a question: %s", (nonce, is) => {
  expect(isExit(nonce)).toBe(is);
});

test.each([
  ["End it", answer(choiceOf("End it"), "End it"), { ...FIELDS, kind: "text", command: "/exit" }],
  ["words", answer(undefined, "wait, fix this first"), { ...FIELDS, kind: "text", command: "wait, fix this first" }],
])("%s: a text to be typed", (_, command, meant) => {
  expect(meaningOf(command)).toEqual(meant);
});

test.each([
  ["Keep it running", answer(choiceOf("Keep it running"), "Keep it running")],
  ["an answer to another question", answer("y", "Allow", "0123456789a0")],
  ["a text", { ...FIELDS, kind: "text", command: "hello" } as const],
])("%s stays what it is", (_, command) => {
  expect(meaningOf(command)).toBe(command);
});
