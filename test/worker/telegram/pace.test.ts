import { expect, test } from "vitest";
import { Pace } from "../../../src/telegram/pace.ts";

test("lets so many through in a stretch, and as many again when it is over", () => {
  const pace = new Pace(2, 1_000);
  expect([5_000, 5_100, 5_200].map((now) => pace.take(now))).toEqual([true, true, false]);
  expect(pace.freeAt(5_200)).toBe(6_000);
  expect([6_000, 6_999, 6_999].map((now) => pace.take(now))).toEqual([true, true, false]);
});

test("is free while a turn is left, and when nothing was taken", () => {
  const pace = new Pace(2, 1_000);
  expect(pace.freeAt(5_000)).toBe(0);
  pace.take(5_000);
  expect(pace.freeAt(5_500)).toBe(0);
});

test("a quiet stretch saves nothing up", () => {
  const pace = new Pace(2, 1_000);
  pace.take(5_000);
  expect([9_000, 9_000, 9_000].map((now) => pace.take(now))).toEqual([true, true, false]);
});
