import { expect, test } from "vitest";
import { COMMAND_STATES, isFinal, mayBecome } from "../../../src/session/command-state.ts";

const FINAL = ["accepted", "typed", "failed", "expired", "cancelled", "unknown"] as const;

test("there are two states on the way and six outcomes", () => {
  expect(COMMAND_STATES).toEqual(["offered", "held", ...FINAL]);
  expect(COMMAND_STATES.filter(isFinal)).toEqual(FINAL);
});

test("state only rises, and there is one outcome", () => {
  const steps = COMMAND_STATES.flatMap((from) =>
    COMMAND_STATES.filter((to) => mayBecome(from, to)).map((to) => `${from} → ${to}`),
  );
  expect(steps).toEqual([
    "offered → held",
    ...FINAL.map((to) => `offered → ${to}`),
    ...FINAL.map((to) => `held → ${to}`),
    ...FINAL.filter((to) => to !== "unknown").map((to) => `unknown → ${to}`),
  ]);
});
