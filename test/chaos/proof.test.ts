import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtWorkerPath } from "../whole/built-worker-path.ts";
import { BREAKAGES } from "./breakages.ts";
import { chaos } from "./chaos.ts";
import { check, violationsOf } from "./check.ts";
import { crashMatrix, crashPoints } from "./crash-matrix.ts";
import { CRASH_POINTS, CrashPoints } from "./crash-points.ts";
import { patchedWorker } from "./patched.ts";
import type { Step } from "./plan.ts";

/** What is broken may never come to rest. */
const BROKEN_REST_MS = 8_000;
const REST_MS = 90_000;
/** Between the courses of events, where all run in one chaos. */
const APART_MS = 3_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ccr-broken-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SIZES = { seed: 0, updates: 0, faults: 0 };

test.each(BREAKAGES)("without it, chaos finds that this is broken: $what", async (breakage) => {
  const { worker, agent, plan, breaks } = breakage;
  const here = join(folder, String(BREAKAGES.indexOf(breakage)));
  await mkdir(here);
  const history = await chaos({
    ...SIZES,
    plan,
    scriptPath: patchedWorker(builtWorkerPath(), here, worker),
    agentPatches: agent,
    restWithin: BROKEN_REST_MS,
  });
  const broken = check(history).filter(({ violations }) => violations.length > 0);
  expect(broken.map(({ invariant }) => invariant)).toContain(breaks);
});

test("the same courses of events break nothing where nothing is switched off", { timeout: 180_000 }, async () => {
  let start = 0;
  const plan: Step[] = [];
  for (const { plan: course } of BREAKAGES) {
    for (const step of course) plan.push({ ...step, at: start + step.at });
    start = (plan.at(-1)?.at ?? 0) + APART_MS;
  }
  const history = await chaos({
    ...SIZES,
    plan: plan.toSorted((a, b) => a.at - b.at),
    scriptPath: builtWorkerPath(),
    restWithin: REST_MS,
  });
  expect(violationsOf(check(history))).toEqual([]);
});

test("whoever is killed at whatever step of a command, the promise is kept", { timeout: 300_000 }, async () => {
  const history = await chaos({ ...SIZES, plan: crashMatrix(), scriptPath: builtWorkerPath(), restWithin: REST_MS });
  expect(violationsOf(check(history))).toEqual([]);
});

test(
  "killed exactly between two steps, alone or both at once, they keep the promise",
  { timeout: 420_000 },
  async () => {
    const points = await CrashPoints.start();
    try {
      const history = await chaos({
        ...SIZES,
        plan: crashPoints(),
        scriptPath: patchedWorker(builtWorkerPath(), folder, points.workerPatches),
        agentPatches: points.agentPatches,
        points,
        restWithin: REST_MS,
      });
      expect(violationsOf(check(history))).toEqual([]);
      expect(points.held).toEqual(new Set([...CRASH_POINTS.worker, ...CRASH_POINTS.agent]));
    } finally {
      await points.stop();
    }
  },
);
