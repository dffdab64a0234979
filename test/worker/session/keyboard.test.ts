import { expect, test } from "vitest";
import {
  answerIn,
  disabled,
  fillKeyboard,
  isAlive,
  labelOf,
  routerButton,
  withRowSettled,
} from "../../../src/session/keyboard.ts";

const TOKEN = "A".repeat(28);

function filled(callback_data: string, nonce?: string): unknown {
  const result = fillKeyboard({ inline_keyboard: [[{ text: "Press", callback_data }]] }, TOKEN, nonce);
  return result.status === "filled" ? result.keyboard[0]?.[0] : result.reason;
}

test.each([
  { data: "cmd:TOKEN:continue", becomes: `cmd:${TOKEN}:continue` },
  { data: "cmd:TOKEN:a:b:TOKEN", becomes: `cmd:${TOKEN}:a:b:TOKEN` },
  { data: "cmd:TOKEN:two\nlines", becomes: `cmd:${TOKEN}:two\nlines` },
  { data: `cmd:TOKEN:${"x".repeat(31)}`, becomes: `cmd:${TOKEN}:${"x".repeat(31)}` },
  { data: "cmd:TOKEN:?q1.yes", nonce: "q1", becomes: `cmd:${TOKEN}:?q1.yes` },
  { data: "cmd:TOKEN:?q1.a.b", nonce: "q1", becomes: `cmd:${TOKEN}:?q1.a.b` },
])("$data becomes a button", ({ data, nonce, becomes }) => {
  expect(filled(data, nonce)).toEqual({ text: "Press", callback_data: becomes });
});

test.each([
  { data: "continue" },
  { data: "" },
  { data: "cmd:TOKEN:" },
  { data: "cmd:token:continue" },
  { data: ` cmd:TOKEN:continue` },
  { data: `cmd:${TOKEN}:continue` },
  { data: "cmd:TOKEN:!queue" },
  { data: "cmd:TOKEN:!" },
  { data: `cmd:TOKEN:${"x".repeat(32)}` },
  { data: `cmd:TOKEN:${"ä".repeat(16)}` },
  { data: "cmd:TOKEN:?q1.yes" },
  { data: "cmd:TOKEN:?q2.yes", nonce: "q1" },
  { data: "cmd:TOKEN:?q1.", nonce: "q1" },
  { data: "cmd:TOKEN:?", nonce: "q1" },
])("$data with nonce $nonce is refused, and the button is named", ({ data, nonce }) => {
  expect(filled(data, nonce)).toMatch(/^button "Press": /);
});

test("rows without buttons are left out", () => {
  expect(fillKeyboard({ inline_keyboard: [[], []] }, TOKEN, undefined)).toEqual({ status: "filled", keyboard: [] });
});

test("an answer names its question and its choice; nothing else does", () => {
  expect(answerIn("?q1.yes")).toEqual({ nonce: "q1", choice: "yes" });
  expect(answerIn("?q1.a.b")).toEqual({ nonce: "q1", choice: "a.b" });
  for (const action of ["yes", "?q1", "?q1.", "?.yes", "?q 1.yes", `?${"q".repeat(17)}.yes`, "x?q1.yes"])
    expect(answerIn(action)).toBeUndefined();
});

const YES = { text: "Yes", callback_data: `cmd:${TOKEN}:yes` };
const NO = { text: "No", callback_data: `cmd:${TOKEN}:no` };
const ALSO_YES = { text: "Yes", callback_data: `cmd:${TOKEN}:yes, all` };

test("the row of the pressed button is settled, and no other, though a button there says the same", () => {
  const keyboard = [[YES, NO], [ALSO_YES]];
  expect(withRowSettled(keyboard, YES.callback_data, "✓ Yes")).toEqual([[disabled("✓ Yes")], [ALSO_YES]]);
  expect(withRowSettled(keyboard, "cmd:other", "✓ Yes")).toEqual(keyboard);
  expect(labelOf(keyboard, NO.callback_data)).toBe("No");
  expect(labelOf(keyboard, "cmd:other")).toBeUndefined();
});

test("a keyboard is alive while any button can be pressed", () => {
  expect(isAlive([[disabled("✓ Yes")], [NO]])).toBe(true);
  expect(isAlive([[disabled("✓ Yes")]])).toBe(false);
  expect(isAlive([])).toBe(false);
});

test("a button of the router's whose data would be too long is left out", () => {
  expect(routerButton("Send again", TOKEN, `!again.q${"1".repeat(20)}`)).toHaveLength(1);
  expect(routerButton("Send again", TOKEN, `!again.q${"1".repeat(24)}`)).toEqual([]);
});
