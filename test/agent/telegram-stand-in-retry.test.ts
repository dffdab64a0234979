import { expect, test } from "vitest";
import { decideRetry, NO_FAILURES } from "../../agent/demo/telegram/retry.ts";

const DAY = 24 * 60 * 60;

test("an update is tried again at once, then after 2, 4, 8 … seconds up to the cap", () => {
  const delays: number[] = [];
  let failures = NO_FAILURES;
  for (let attempt = 0; attempt < 9; attempt++) {
    const retry = decideRetry(failures, 0, DAY, 0.5);
    if (retry.status === "give-up") throw new Error("there was a day left");
    delays.push(retry.afterSeconds);
    failures = retry.failures;
  }
  expect(delays).toEqual([0, 2, 4, 8, 16, 32, 64, 90, 90]);
});

test.each([
  ["Retry-After is honoured, at the first failure too", { failures: NO_FAILURES, retryAfter: 5, left: DAY }, 5],
  ["Retry-After is honoured later", { failures: { count: 4, delay: 16 }, retryAfter: 3, left: DAY }, 3],
  ["Retry-After ends at an hour", { failures: NO_FAILURES, retryAfter: 10_000, left: DAY }, 3_600],
  ["what would come too late is given up", { failures: { count: 4, delay: 16 }, retryAfter: 0, left: 31 }, "give-up"],
  ["what comes just in time is tried", { failures: { count: 4, delay: 16 }, retryAfter: 0, left: 32 }, 32],
  ["what is over is not tried even at once", { failures: NO_FAILURES, retryAfter: 0, left: -1 }, "give-up"],
])("%s", (_name, { failures, retryAfter, left }, expected) => {
  const retry = decideRetry(failures, retryAfter, left, 0);
  expect(retry.status === "retry" ? retry.afterSeconds : retry.status).toBe(expected);
});

test("a delay that the answer asked for does not grow the next one", () => {
  const retry = decideRetry({ count: 2, delay: 4 }, 30, DAY, 0);
  expect(retry).toMatchObject({ failures: { count: 3, delay: 4 } });
});
