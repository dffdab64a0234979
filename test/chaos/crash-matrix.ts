import { WINDOW } from "../../src/protocol.ts";
import { CRASH_POINTS, type CrashPoint } from "./crash-points.ts";
import type { Moment, Step } from "./plan.ts";

/** The steps that a command takes, as they can be seen from outside. */
const STEPS = ["update", "command", "journaled", "commandResult", "resultStored", "telegram call"] as const;
/** Milliseconds after a step: at once, and in the middle of the work that it brings. */
const AFTER = [0, 3];
/** An agent or a runtime is back, and has done what waited, within this. */
const APART_MS = 3_000;

/** How many milliseconds after an edit came the runtime is killed. */
const AFTER_EDIT = [0, 1, 2, 3, 5, 8];

/**
 * Agent and runtime are killed, in turn, at each step of a command, while another command waits behind it. Then the
 * runtime is killed while texts are changed that wait for a machine which is away.
 */
export function crashMatrix(): Step[] {
  let marks = 0;
  const reply = (at: number): Step => ({ at, act: { do: "reply", session: "desk-a", mark: `<u${++marks}>` } });
  const strikes = STEPS.flatMap((next) => AFTER.map((after): Moment => ({ next, after })));
  const victims = ["kill-agent", "kill-runtime"] as const;
  const crashes = strikes
    .flatMap((at) => victims.map((victim) => ({ at, victim })))
    .flatMap(({ at, victim }, index): Step[] => {
      const start = index * APART_MS;
      const fault = victim === "kill-agent" ? { do: victim, machine: "devbox" as const } : { do: victim };
      return [{ at: start, fault: { ...fault, at, ms: 100 } }, reply(start + 50), reply(start + 60)];
    });
  const away = strikes.length * victims.length * APART_MS;
  const edits = AFTER_EDIT.flatMap((after, index): Step[] => {
    const start = away + 500 + index * APART_MS;
    return [
      reply(start),
      { at: start + 400, fault: { do: "kill-runtime", at: { next: "update", after }, ms: 100 } },
      { at: start + 450, act: { do: "edit", back: 0 } },
    ];
  });
  const ms = 500 + AFTER_EDIT.length * APART_MS;
  return [...crashes, { at: away, fault: { do: "unreachable", machine: "devbox", ms } }, ...edits];
}

/** Each crash is waited for, and everything has to be back before the next one. */
const POINTS_APART_MS = 4_500;

/**
 * The same exactly at each boundary of a command's way, in copies of the code that stop there: the one that stopped is
 * killed alone, and then both at once.
 */
export function crashPoints(): Step[] {
  const agent = { do: "kill-agent", machine: "devbox" } as const;
  const runtime = { do: "kill-runtime" } as const;
  const crashes = [
    ...CRASH_POINTS.worker
      .filter((next) => !(next in WAITED))
      .flatMap((next) => [
        { next, victims: [runtime] },
        { next, victims: [runtime, agent] },
      ]),
    ...CRASH_POINTS.agent.flatMap((next) => [
      { next, victims: [agent] },
      { next, victims: [agent, runtime] },
    ]),
  ];
  const steps = crashes.flatMap(({ next, victims }, index): Step[] => {
    const start = index * POINTS_APART_MS;
    const mark = `<u${index + 1}>`;
    return [
      ...victims.map((victim): Step => ({ at: start, fault: { ...victim, at: { next, after: 0 }, ms: 100 } })),
      { at: start + 50, act: { do: "reply", session: "desk-a", mark } },
      // What is told of in words, and not by a receipt alone.
      { at: start + 60, act: { do: "notify", session: "desk-a", mark: `<n${index + 1}>` } },
    ];
  });
  let marks = crashes.length;
  const waited = Object.values(WAITED).flatMap((course, index): Step[] => {
    const start = crashes.length * POINTS_APART_MS + index * WAITED_APART_MS;
    return course(() => `<u${++marks}>`).map((step) => ({ ...step, at: start + step.at }));
  });
  return [...steps, ...waited];
}

/** These are reached by commands that had to wait; in the end all of them are typed, one after the other. */
const WAITED_APART_MS = 12_000;
const AWAY_MS = 1_500;

/** How a command comes to wait and goes out later, and when the runtime is killed. */
const WAITED: Partial<Record<CrashPoint, (mark: () => string) => Step[]>> = {
  "one that waited has gone out as the window opened": (mark) => [
    { at: 0, fault: { do: "stop-agent", machine: "devbox", ms: AWAY_MS } },
    ...replies(WINDOW + 3, mark),
    killedAt("one that waited has gone out as the window opened"),
  ],
  "what waited has gone out on a hello": (mark) => [
    { at: 0, fault: { do: "kill-agent", machine: "devbox", at: { next: "now", after: 0 }, ms: AWAY_MS } },
    ...replies(3, mark),
    killedAt("what waited has gone out on a hello"),
  ],
};

function replies(count: number, mark: () => string): Step[] {
  return Array.from({ length: count }, () => ({ at: 100, act: { do: "reply", session: "desk-a", mark: mark() } }));
}

function killedAt(next: CrashPoint): Step {
  return { at: AWAY_MS - 300, fault: { do: "kill-runtime", at: { next, after: 0 }, ms: 100 } };
}
