import { expect, test } from "vitest";
import { makePlan } from "./plan.ts";

test("the same seed makes the same plan, another one another", () => {
  const size = { updates: 200, faults: 40 };
  expect(makePlan({ seed: 5, ...size })).toEqual(makePlan({ seed: 5, ...size }));
  expect(makePlan({ seed: 6, ...size })).not.toEqual(makePlan({ seed: 5, ...size }));
});

test("a plan has as many updates and faults as were asked for, in the order of their time", () => {
  const plan = makePlan({ seed: 5, updates: 200, faults: 40 });
  expect(plan.filter((step) => "act" in step)).toHaveLength(200);
  expect(plan.filter((step) => "fault" in step)).toHaveLength(40);
  expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).toSorted((a, b) => a - b));
});
