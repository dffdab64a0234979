import { expect, test } from "vitest";
import { agree, closeCodeToAnswer, isStale } from "../../../src/machine/connection.ts";

const ROUTER = { min: 3, max: 4 };

test.each([
  { agent: { min: 3, max: 4 }, protocol: 4 },
  { agent: { min: 1, max: 3 }, protocol: 3 },
  { agent: { min: 4, max: 9 }, protocol: 4 },
  { agent: { min: 1, max: 9 }, protocol: 4 },
])("an agent that speaks $agent.min to $agent.max is spoken to in $protocol", ({ agent, protocol }) => {
  expect(agree(agent, ROUTER)).toEqual({ protocol });
});

test("an agent that is too old is told to update itself, one that is too new to update the router", () => {
  expect(agree({ min: 1, max: 2 }, ROUTER)).toEqual({
    refused: "this router speaks protocol 3 to 4, you 1 to 2: update ccr-agent",
  });
  expect(agree({ min: 5, max: 6 }, ROUTER)).toEqual({
    refused: "this router speaks protocol 3 to 4, you 5 to 6: update the router",
  });
});

test("why a protocol is not spoken fits into a close frame, whatever numbers an agent names", () => {
  const agreed = agree({ min: Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  expect(agreed).toHaveProperty("refused");
  expect("refused" in agreed && new TextEncoder().encode(agreed.refused).length).toBeLessThanOrEqual(123);
});

test.each([1005, 1006, 1015])("the close code %i may not stand in a close frame and is answered with 1000", (code) => {
  expect(closeCodeToAnswer(code)).toBe(1000);
});

test.each([1000, 1001, 1011, 3000, 4001, 4999])("the close code %i is answered with itself", (code) => {
  expect(closeCodeToAnswer(code)).toBe(code);
});

test("a connection is stale 45 seconds after its last sign of life, and not before", () => {
  expect(isStale(1_000, 45_999)).toBe(false);
  expect(isStale(1_000, 46_000)).toBe(true);
});
