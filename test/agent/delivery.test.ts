import { expect, test } from "vitest";
import type { Answer } from "../../agent/router/api.ts";
import { afterAnswer } from "../../agent/router/delivery.ts";

function refused(code: number, retryAfterMs: number | null = null): Answer {
  return { status: "refused", code, error: "no", retryAfterMs };
}

test("what was taken is done", () => {
  expect(afterAnswer({ status: "ok", body: {} }, "notification", 3, false, 1)).toEqual({ do: "done" });
});

test.each([408, 429, 500, 502, 503, 302])("%i is tried again", (code) => {
  expect(afterAnswer(refused(code), "notification", 0, false, 0.5)).toMatchObject({ do: "again", afterMs: 500 });
});

test("silence is tried again, later each time, at most a minute later", () => {
  const silent: Answer = { status: "silent", error: "ECONNREFUSED" };
  const delays = [0, 1, 5, 6, 999].map((attempt) => afterAnswer(silent, "register", attempt, false, 1));
  expect(delays.map((verdict) => (verdict.do === "again" ? verdict.afterMs : null))).toEqual([
    1_000, 2_000, 32_000, 60_000, 60_000,
  ]);
});

test("Retry-After is honoured, up to an hour", () => {
  expect(afterAnswer(refused(429, 9_000), "notification", 0, false, 0)).toMatchObject({ afterMs: 9_000 });
  expect(afterAnswer(refused(429, 1e12), "notification", 0, false, 0)).toMatchObject({ afterMs: 3_600_000 });
});

test.each([400, 403, 409, 410, 413, 422])("%i is final, and says why", (code) => {
  expect(afterAnswer(refused(code), "notification", 0, false, 0)).toEqual({ do: "give up", error: `no (${code})` });
});

test("401 is final only when it stays: a rotated key changes at the router first", () => {
  expect(afterAnswer(refused(401), "notification", 2, false, 0).do).toBe("again");
  expect(afterAnswer(refused(401), "notification", 3, false, 0).do).toBe("give up");
});

test("a notification of a session that is not known registers it, once", () => {
  expect(afterAnswer(refused(404), "notification", 0, false, 0)).toEqual({ do: "register" });
  expect(afterAnswer(refused(404), "notification", 0, true, 0).do).toBe("again");
});

test("an unregister of a session that is not known is done; such a register is refused", () => {
  expect(afterAnswer(refused(404), "unregister", 0, false, 0)).toEqual({ do: "done" });
  expect(afterAnswer(refused(404), "register", 0, false, 0).do).toBe("give up");
});
