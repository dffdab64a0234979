import { expect, test } from "vitest";
import { FAULT_KINDS, makePlan } from "./plan.ts";

test("the same seed makes the same plan, another one another", () => {
  const size = { updates: 200, faults: 40 };
  expect(makePlan({ seed: 5, ...size })).toEqual(makePlan({ seed: 5, ...size }));
  expect(makePlan({ seed: 6, ...size })).not.toEqual(makePlan({ seed: 5, ...size }));
});

test("a plan has as many updates and faults as were asked for, in the order of their time", () => {
  const plan = makePlan({ seed: 5, updates: 200, faults: 40 });
  // A question is no update.
  expect(plan.filter((step) => "act" in step && step.act.do !== "ask")).toHaveLength(200);
  expect(plan.filter((step) => "fault" in step)).toHaveLength(40);
  expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).toSorted((a, b) => a - b));
});

test("two hundred faults are of every kind", () => {
  const plan = makePlan({ seed: 1, updates: 1_000, faults: 200 });
  const kinds = plan.flatMap((step) => ("fault" in step ? [step.fault.do] : []));
  expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
});

test("no two acts or faults share a mark", () => {
  const plan = JSON.stringify(makePlan({ seed: 5, updates: 200, faults: 40 }));
  const marks = plan.match(/<u\d+>/g) ?? [];
  expect(new Set(marks).size).toBe(marks.length);
});
