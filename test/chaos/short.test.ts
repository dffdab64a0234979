import { expect, test } from "vitest";
import { chaos } from "./chaos.ts";
import { check, violationsOf } from "./check.ts";
import { builtWorkerPath } from "../whole/built-worker-path.ts";

/** A longer one, with other seeds: `npm run chaos`. */
const SHORT = { seed: 7, updates: 100, faults: 25 };
/** A connection that lost bytes in silence is found out after 35 s, an offer that failed is made again within 60. */
const REST_WITHIN_MS = 90_000;

test(
  "whatever goes wrong, each update has one outcome that is told, and nothing is typed twice",
  { timeout: 180_000 },
  async () => {
    const history = await chaos({ ...SHORT, scriptPath: builtWorkerPath(), restWithin: REST_WITHIN_MS });
    expect(violationsOf(check(history))).toEqual([]);
  },
);
