import { expect, test } from "vitest";
import { COMMAND_STATES } from "../../../src/session/command-state.ts";
import { lookAgainAt, REACTIONS, receiptOf } from "../../../src/session/receipts.ts";

test.each([
  ["offered", "👀", "😴"],
  ["held", "🤔", "😴"],
  ["accepted", "👌", "👌"],
  ["typed", "👌", "👌"],
  ["failed", "👎", "👎"],
  ["expired", "👎", "👎"],
  ["cancelled", "", ""],
  ["unknown", "🤷", "🤷"],
] as const)("%s shows %j, and %j where the machine sleeps", (state, awake, asleep) => {
  expect(REACTIONS[receiptOf(state, false)]).toBe(awake);
  expect(REACTIONS[receiptOf(state, true)]).toBe(asleep);
});

test("a command is looked at again after a minute, then every ten, and never once its outcome was shown", () => {
  expect(lookAgainAt("offered", 1_000, 2_500)).toBe(61_000);
  expect(lookAgainAt("offered", 1_000, 61_000)).toBe(661_000);
  expect(lookAgainAt("held", 1_000, 700_000)).toBe(1_300_000);
  for (const state of COMMAND_STATES.slice(2)) expect(lookAgainAt(state, 1_000, 2_500)).toBeNull();
});
