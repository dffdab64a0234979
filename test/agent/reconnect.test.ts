import { describe, expect, test } from "vitest";
import { afterEnd, retryAfterMs, type Decision, type Ended } from "../../agent/router/reconnect.ts";
import { containing } from "./matchers.ts";

const MINUTE = 60_000;

function delay(decision: Decision): number {
  if (decision.do !== "reconnect") throw new Error(`it does not reconnect: ${decision.reason}`);
  return decision.afterMs;
}

function closed(code: number, reason = "", uptimeMs = 0): Ended {
  return { how: "closed", code, reason, uptimeMs };
}

describe("reconnecting", () => {
  test("the first attempt comes within a second", () => {
    expect(delay(afterEnd({ how: "unreachable", error: "ECONNREFUSED" }, 0, 0.999_999))).toBeLessThan(1_000);
  });

  test("the delay is anywhere between nothing and a bound that doubles", () => {
    const bounds = [0, 1, 2, 3, 4, 5].map((attempt) => delay(afterEnd(closed(1006), attempt, 1)));
    expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
    expect(delay(afterEnd(closed(1006), 5, 0))).toBe(0);
    expect(delay(afterEnd(closed(1006), 5, 0.5))).toBe(16_000);
  });

  test.each([6, 20, 10_000])("after %i failures the delay is at most a minute", (attempt) => {
    expect(delay(afterEnd(closed(1006), attempt, 1))).toBe(MINUTE);
  });

  test.each([
    [29_999, 7],
    [30_000, 1],
  ])("after %i ms of uptime the next attempt is number %i", (uptimeMs, attempt) => {
    expect(afterEnd(closed(1006, "", uptimeMs), 6, 0)).toMatchObject({ attempt });
    expect(afterEnd({ how: "dropped", why: "no pong", uptimeMs }, 6, 0)).toMatchObject({ attempt });
  });

  test("a sleep reconnects at once, and forgets the failures before it", () => {
    expect(afterEnd({ how: "slept" }, 9, 1)).toMatchObject({ do: "reconnect", afterMs: 0, attempt: 0 });
  });

  test.each([1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4004, 4008])("close code %i reconnects", (code) => {
    expect(afterEnd(closed(code), 0, 0.5)).toMatchObject({ do: "reconnect", afterMs: 500 });
  });

  test("a replaced agent stops, and says what to do", () => {
    expect(afterEnd(closed(4001), 0, 0.5)).toMatchObject({
      do: "stop",
      reason: containing("another agent"),
    });
  });

  test("a revoked key stops the agent unless the configuration holds another one", () => {
    expect(afterEnd(closed(4003), 0, 0.5)).toMatchObject({
      do: "reread or stop",
      reason: containing("/pair"),
    });
  });

  test.each([
    ["", "stop"],
    ["this router speaks protocol 3, you 1 to 2: update ccr-agent", "stop"],
    ["this router speaks protocol 0, you 1 to 1: update the router", "reconnect"],
  ])("a protocol that is not spoken, with the words %j: %s", (reason, what) => {
    expect(afterEnd(closed(4002, reason), 0, 0.5).do).toBe(what);
  });

  test.each([401, 403, 426])("a refusal with %i is tried every ten minutes, or when the key changed", (status) => {
    for (const attempt of [0, 3]) {
      expect(afterEnd({ how: "refused", status, retryAfterMs: null }, attempt, 0.5)).toMatchObject({
        do: "reconnect",
        afterMs: 10 * MINUTE,
        watch: true,
        reason: containing(String(status)),
      });
    }
  });

  test.each([429, 503])("%i waits for what Retry-After asks, and spreads the comeback", (status) => {
    const ended: Ended = { how: "refused", status, retryAfterMs: 7_000 };
    expect(delay(afterEnd(ended, 0, 0))).toBe(7_000);
    expect(delay(afterEnd(ended, 0, 0.5))).toBe(7_500);
  });

  test("no Retry-After silences a machine for more than an hour", () => {
    expect(delay(afterEnd({ how: "refused", status: 503, retryAfterMs: 1e12 }, 0, 0))).toBe(60 * MINUTE);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  test.each([
    [undefined, null],
    ["", null],
    ["soon", null],
    ["0", 0],
    ["120", 120_000],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30_000],
    ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
  ])("%j is %j ms", (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
