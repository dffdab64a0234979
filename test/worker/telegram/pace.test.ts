import { expect, test } from "vitest";
import { Pace } from "../../../src/telegram/pace.ts";

test("lets so much through in a stretch, and as much again when it is over", () => {
  const pace = new Pace(2, 1_000);
  pace.use(5_000);
  expect(pace.freeAt(5_100)).toBe(0);
  pace.use(5_100);
  expect(pace.freeAt(5_200)).toBe(6_000);
  expect(pace.freeAt(6_000)).toBe(0);
  pace.use(6_000);
  expect(pace.freeAt(6_100)).toBe(0);
  pace.use(6_999);
  expect(pace.freeAt(6_999)).toBe(7_000);
});

test("is free where nothing was done", () => {
  expect(new Pace(2, 1_000).freeAt(5_000)).toBe(0);
});

test("a quiet stretch saves nothing up", () => {
  const pace = new Pace(2, 1_000);
  pace.use(5_000);
  pace.use(9_000);
  pace.use(9_000);
  expect(pace.freeAt(9_000)).toBe(10_000);
});
