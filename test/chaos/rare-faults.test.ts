import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { builtWorkerPath } from "../whole/built-worker-path.ts";
import { chaos } from "./chaos.ts";
import { check, violationsOf } from "./check.ts";
import type { History } from "./history.ts";
import { patchedWorker, SHORT_LIVED } from "./patched.ts";
import type { Act, Fault, Step } from "./plan.ts";

/** One after the other, what a short chaos may leave out. */
const REST_WITHIN_MS = 90_000;
/** Where something is broken it never comes to rest, and what is broken is to be told. */
const LONG = { timeout: 150_000 };
const MACHINE = "devbox";
const SESSION = "desk-a";
const NOW = { next: "now", after: 0 } as const;

let marks = 0;

async function happens(...steps: Step[]): Promise<History> {
  return happensIn(builtWorkerPath(), ...steps);
}

async function happensIn(scriptPath: string, ...steps: Step[]): Promise<History> {
  const plan = steps.toSorted((a, b) => a.at - b.at);
  const size = { seed: 0, updates: 0, faults: 0 };
  return chaos({ ...size, plan, scriptPath, restWithin: REST_WITHIN_MS });
}

function goesWrong(at: number, fault: Fault): Step {
  return { at, fault };
}

function does(at: number, act: Act): Step {
  return { at, act };
}

function replies(count: number, from: number, every: number): Step[] {
  return Array.from({ length: count }, (_, index) =>
    does(from + index * every, { do: "reply", session: SESSION, mark: `<u${++marks}>` }),
  );
}

test("a disk that is full, also under an agent that is killed and started again, breaks nothing", LONG, async () => {
  const history = await happens(
    ...replies(24, 0, 400),
    goesWrong(1_000, { do: "full-disk", machine: MACHINE, ms: 2_000 }),
    does(1_500, { do: "notify", session: SESSION, mark: "<n1>" }),
    goesWrong(4_000, { do: "full-disk", machine: MACHINE, ms: 2_000 }),
    goesWrong(4_500, { do: "kill-agent", machine: MACHINE, at: NOW, ms: 100 }),
    goesWrong(7_000, { do: "full-disk", machine: MACHINE, ms: 2_000 }),
    goesWrong(7_500, { do: "kill-run", session: SESSION, ms: 100 }),
  );
  expect(violationsOf(check(history))).toEqual([]);
});

test("journals that lost their end, end in rubbish or are damaged break nothing", LONG, async () => {
  const tear = { do: "tear-journal", machine: MACHINE, ms: 100 } as const;
  const history = await happens(
    ...replies(26, 0, 400),
    goesWrong(1_000, { ...tear, at: { next: "journaled", after: 3 }, how: "cut", frames: 2 }),
    goesWrong(3_000, { ...tear, at: { next: "commandResult", after: 3 }, how: "cut", frames: 4 }),
    goesWrong(5_000, { ...tear, at: { next: "commandResult", after: 0 }, how: "garbled", frames: 1 }),
    goesWrong(7_000, { ...tear, at: { next: "command", after: 3 }, how: "cut", frames: 12 }),
    goesWrong(9_000, { ...tear, at: NOW, how: "damaged", frames: 1 }),
  );
  expect(violationsOf(check(history))).toEqual([]);
  const moved = history.faults.filter(({ fault }) => fault.do === "lose-journal");
  expect(moved).toHaveLength(1);
});

test("a deployment whose alarms all fail breaks nothing: the next one catches up", LONG, async () => {
  const history = await happens(
    goesWrong(0, { do: "bad-deploy", ms: 10_000 }),
    // Only an alarm tells again what Telegram dropped.
    goesWrong(2_000, { do: "telegram", kind: "drop", times: 4 }),
    ...replies(10, 2_500, 700),
    does(3_000, { do: "notify", session: SESSION, mark: "<n2>" }),
    goesWrong(4_000, { do: "cut", machine: MACHINE, at: NOW }),
  );
  expect(violationsOf(check(history))).toEqual([]);
});

test("presses that overtake a message, and updates that come late, break nothing", LONG, async () => {
  const pairs = [1, 2, 3].map(() => ({ reply: `<u${++marks}>`, press: `<u${++marks}>` }));
  const history = await happens(
    ...pairs.map((pair, index) => goesWrong(index * 1_000, { do: "overtake", session: SESSION, ...pair })),
    goesWrong(4_000, { do: "webhook", kind: "late", times: 2 }),
    ...replies(4, 4_100, 300),
    does(4_500, { do: "edit", back: 0 }),
  );
  expect(violationsOf(check(history))).toEqual([]);
  for (const { reply, press } of pairs) expect(takenAt(history, press)).toBeLessThan(takenAt(history, reply));
  const read = history.lines.flatMap(({ text }) => text.match(/<u\d+>/g) ?? []);
  expect(read.slice(0, 6)).toEqual(pairs.flatMap(({ reply, press }) => [press, reply]));
});

test("commands that wait longer than they live, at the router or the agent, expire and are told", LONG, async () => {
  const folder = await mkdtemp(join(tmpdir(), "ccr-short-lived-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const history = await happensIn(
    patchedWorker(builtWorkerPath(), folder, SHORT_LIVED),
    ...replies(3, 0, 300),
    // Longer than the twelve seconds that a command lives.
    goesWrong(2_000, { do: "unreachable", machine: MACHINE, ms: 14_000 }),
    ...replies(3, 2_500, 300),
    goesWrong(2_000, { do: "kill-agent", machine: "macbook", at: { next: "journaled", after: 0 }, ms: 12_500 }),
    ...[2_100, 2_110].map((at) => does(at, { do: "reply", session: "lap-a", mark: `<u${++marks}>` })),
  );
  expect(violationsOf(check(history))).toEqual([]);
  const statesOf = (name: string): string[] =>
    history.commands.filter(({ session }) => session === name).map(({ state }) => state);
  expect(statesOf(SESSION).join(" ")).toBe("typed typed typed expired expired expired");
  expect(statesOf("lap-a")).toContain("expired");
});

test("an answer reaches only its question, once, whoever is killed meanwhile", LONG, async () => {
  const again = { do: "redeliver", back: 0 } as const;
  const history = await happens(
    ...[1, 2, 3, 4, 5].map((n) => does(n * 10, { do: "ask", mark: `<q${n}>` })),
    does(4_000, { do: "answer", question: "<q2>", how: "Allow", twice: true }),
    goesWrong(4_000, { do: "kill-agent", machine: MACHINE, at: { next: "command", after: 0 }, ms: 300 }),
    does(4_100, { do: "answer", question: "<q1>", how: "reply", mark: "<a1>" }),
    does(10_000, { do: "answer", question: "<q3>", how: "Deny", twice: false }),
    goesWrong(10_000, { do: "kill-runtime", at: { next: "update", after: 2 }, ms: 100 }),
    does(14_000, { do: "answer", question: "<q4>", how: "reply", mark: "<a2>" }),
    goesWrong(14_000, { do: "evict-machine", machine: MACHINE, at: { next: "command", after: 0 } }),
    goesWrong(14_500, again),
    does(15_000, { do: "answer", question: "<q5>", how: "Allow", twice: false }),
    goesWrong(15_000, { do: "cut", machine: MACHINE, at: { next: "journaled", after: 0 } }),
    goesWrong(15_500, again),
    // Too late: it is closed.
    does(19_000, { do: "answer", question: "<q4>", how: "reply", mark: "<a3>" }),
  );
  expect(violationsOf(check(history))).toEqual([]);
  const decided = history.questions.filter(({ decision }) => decision !== null).map(({ mark }) => mark);
  expect(decided).toEqual(expect.arrayContaining(["<q3>", "<q4>", "<q5>"]));
});

function takenAt({ sent, posts }: History, mark: string): number {
  const update = sent.find((one) => one.mark === mark)?.updateId;
  const post = posts.find(({ updateId, status }) => updateId === update && status === 200);
  return post?.to ?? Number.POSITIVE_INFINITY;
}
