import { WINDOW } from "../../src/protocol.ts";
import type { MachineId } from "./cast.ts";
import { CRASH_POINTS, type CrashPoint } from "./crash-points.ts";
import type { Fault, Moment, Step } from "./plan.ts";

const AGENT = { do: "kill-agent", machine: "devbox" } as const;
const RUNTIME = { do: "kill-runtime" } as const;

/** The steps that a command takes, as they can be seen from outside. */
const STEPS = ["update", "command", "journaled", "commandResult", "resultStored", "telegram call"] as const;
/** Milliseconds after a step: at once, and in the middle of the work that it brings. */
const AFTER = [0, 3];

/** Whoever is struck at a step, and within how many milliseconds it is back and has done what waited. */
const STRUCK: readonly { fault: (at: Moment) => Fault; after: readonly number[]; apart: number }[] = [
  { fault: (at) => ({ ...AGENT, at, ms: 100 }), after: AFTER, apart: 3_000 },
  { fault: (at) => ({ ...RUNTIME, at, ms: 100 }), after: AFTER, apart: 3_000 },
  { fault: (at) => ({ do: "deploy", at }), after: [0], apart: 3_000 },
  { fault: (at) => ({ do: "evict-session", session: "desk-a", at }), after: AFTER, apart: 1_200 },
  { fault: (at) => ({ do: "evict-machine", machine: "devbox", at }), after: AFTER, apart: 1_200 },
];

/** How many milliseconds after an edit came the runtime is killed. */
const AFTER_EDIT = [0, 2, 5];
const EDITS_APART_MS = 3_000;

/**
 * At each step of a command, while another command waits behind it, the agent or the runtime is killed, a new version is
 * deployed, or an object is evicted. Then the runtime is killed while texts are changed that wait for a machine which is
 * away.
 */
export function crashMatrix(): Step[] {
  let marks = 0;
  const reply = (at: number): Step => ({ at, act: { do: "reply", session: "desk-a", mark: `<u${++marks}>` } });
  let start = 0;
  const struck = STRUCK.flatMap(({ fault, after, apart }) =>
    STEPS.flatMap((next) => after.map((ms): Moment => ({ next, after: ms }))).flatMap((at): Step[] => {
      const begins = start;
      start += apart;
      return [{ at: begins, fault: fault(at) }, reply(begins + 50), reply(begins + 60)];
    }),
  );
  const edits = AFTER_EDIT.flatMap((after, index): Step[] => {
    const begins = start + 500 + index * EDITS_APART_MS;
    return [
      reply(begins),
      { at: begins + 400, fault: { ...RUNTIME, at: { next: "update", after }, ms: 100 } },
      { at: begins + 450, act: { do: "edit", back: 0 } },
    ];
  });
  const ms = 500 + AFTER_EDIT.length * EDITS_APART_MS;
  return [...struck, { at: start, fault: { do: "unreachable", machine: "devbox", ms } }, ...edits];
}

/** Each crash is waited for, and everything has to be back before the next one. */
const POINTS_APART_MS = 4_500;

/**
 * The same exactly at each boundary of a command's way, in copies of the code that stop there: the one that stopped is
 * killed alone, and then both at once.
 */
export function crashPoints(): Step[] {
  const crashes = [
    ...CRASH_POINTS.worker
      .filter((next) => !WAITED.some((course) => course.next === next))
      .flatMap((next) => [
        { next, victims: [RUNTIME] },
        { next, victims: [RUNTIME, AGENT] },
      ]),
    ...CRASH_POINTS.agent.flatMap((next) => [
      { next, victims: [AGENT] },
      { next, victims: [AGENT, RUNTIME] },
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
  let start = crashes.length * POINTS_APART_MS;
  const waited = WAITED.flatMap(({ next, lasts, course, victims }): Step[] => {
    const begins = start;
    start += lasts;
    const at = { next, after: 0 };
    const kills = victims.map((victim): Step => ({ at: WAIT_MS, fault: { ...victim, at, ms: 100 } }));
    return [...course(() => `<u${++marks}>`), ...kills].map((step) => ({ ...step, at: begins + step.at }));
  });
  return [...steps, ...waited].toSorted((a, b) => a.at - b.at);
}

const NOW = { next: "now", after: 0 } as const;

/** How long an agent is away, and when it has been away for long enough to be known to be. Milliseconds. */
const AWAY_MS = 1_500;
const WAIT_MS = 1_200;

/** A course of events in which somebody comes to a point that no command in a hurry comes to, and who is killed there. */
interface Course {
  next: CrashPoint;
  /** Milliseconds until all of it is over, at a rate of three lines a second. */
  lasts: number;
  course: (mark: () => string) => Step[];
  victims: readonly (typeof AGENT | typeof RUNTIME)[];
}

const WINDOW_OPENS = {
  next: "one that waited has gone out as the window opened",
  lasts: 12_000,
  course: (mark: () => string): Step[] => [
    { at: 0, fault: { do: "stop-agent", machine: "devbox", ms: AWAY_MS } },
    ...replies(WINDOW + 3, 100, mark),
  ],
} as const;

const WAITED: readonly Course[] = [
  { ...WINDOW_OPENS, victims: [RUNTIME] },
  { ...WINDOW_OPENS, victims: [RUNTIME, AGENT] },
  {
    next: "what waited has gone out on a hello",
    lasts: 6_000,
    course: (mark) => [away(AWAY_MS), ...replies(3, 100, mark)],
    victims: [RUNTIME],
  },
  {
    next: "Telegram has said 200 to what waits",
    lasts: 7_000,
    course: (mark) => [away(4_000), ...replies(1, WAIT_MS, mark)],
    victims: [RUNTIME],
  },
  {
    next: "the machine has cancelled, and the session has not",
    lasts: 7_000,
    course: (mark) => [
      away(4_000),
      ...replies(2, 100, mark),
      { at: WAIT_MS + 100, act: { do: "cancel", session: "desk-a" } },
    ],
    victims: [RUNTIME],
  },
  {
    // The machine is back and has typed before the edit is brought again: Telegram does that after some twelve seconds.
    next: "the machine has a new text, and the session has the old one",
    lasts: 14_000,
    course: (mark) => [
      away(4_000),
      ...replies(1, 100, mark),
      { at: WAIT_MS + 50, act: { do: "edit", back: 0 } },
      { at: WAIT_MS + 150, fault: { do: "webhook", kind: "lose-request", times: 5 } },
    ],
    victims: [RUNTIME],
  },
  {
    next: "the session has moved here, and this machine does not know it",
    lasts: 5_000,
    course: (mark) => moves("macbook", mark()),
    victims: [RUNTIME],
  },
  {
    next: "the machine has heard that the session left, and that is not noted",
    lasts: 5_000,
    course: (mark) => moves("devbox", mark()),
    victims: [RUNTIME],
  },
];

function away(ms: number): Step {
  return { at: 0, fault: { do: "kill-agent", machine: "devbox", at: NOW, ms } };
}

function replies(count: number, at: number, mark: () => string): Step[] {
  return Array.from({ length: count }, () => ({ at, act: { do: "reply", session: "desk-a", mark: mark() } }));
}

function moves(to: MachineId, mark: string): Step[] {
  return [
    { at: WAIT_MS + 100, fault: { do: "move", session: "desk-b", to } },
    { at: WAIT_MS + 200, act: { do: "reply", session: "desk-b", mark } },
  ];
}
