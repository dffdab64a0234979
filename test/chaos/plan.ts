import { MACHINES, OTHER_OWNER, OWNER, ownerOf, SESSION_NAMES, STRANGER } from "./cast.ts";
import type { MachineId, SessionName } from "./cast.ts";
import type { CrashPoint } from "./crash-points.ts";
import { Random } from "./random.ts";

/** What a person does. Every text holds its mark, `<u17>`, by which it is found again wherever it went. */
export type Act =
  /** A reply to a message of the session, or `/cmd TOKEN text`. */
  | { do: "reply" | "cmd"; session: SessionName; mark: string }
  /** A press whose action is typed as it is; `twice` as a nervous thumb does it. */
  | { do: "press"; session: SessionName; mark: string; twice: boolean }
  /** Changes the text of the reply that was sent `back` replies ago. */
  | { do: "edit"; back: number }
  | { do: "cancel" | "enter" | "screen"; session: SessionName }
  /** A program says something itself: it has to arrive. */
  | { do: "notify"; session: SessionName; mark: string }
  /** A program asks a question with this mark, `<q3>`. */
  | { do: "ask"; mark: string }
  /** Presses a button of its card, once or as a nervous thumb does it; or replies to the card with a mark, `<a4>`. */
  | { do: "answer"; question: string; how: "Allow" | "Deny"; twice: boolean }
  | { do: "answer"; question: string; how: "reply"; mark: string }
  /** Presses the newest button that offers to send something once more. */
  | { do: "again"; session: SessionName }
  /** Somebody who may not: with a token that was seen somewhere. */
  | { do: "intrude"; session: SessionName; mark: string; userId: number; how: "cmd" | "press" };

/** What passes while a command is on its way, or nothing in particular. */
type Passing =
  | "now"
  | "update"
  | "command"
  | "journaled"
  | "commandResult"
  | "resultStored"
  | "telegram call"
  /** Only in copies of the code that were made for it. */
  | CrashPoint;

/**
 * When exactly something strikes: so many milliseconds after something of that kind passed. The steps of a command are
 * few and short, and hardly ever met by chance.
 */
export interface Moment {
  next: Passing;
  after: number;
}

export type Tear = "cut" | "garbled" | "damaged";

/** What goes wrong. `ms` is how long, in milliseconds, until it is put right. */
export type Fault =
  | { do: "cut"; machine: MachineId; at: Moment }
  | { do: "delay"; machine: MachineId; by: number; ms: number }
  /** Bytes vanish in this direction, and nobody is told. */
  | { do: "half-open"; machine: MachineId; way: "up" | "down"; ms: number }
  /** The next chunk is cut in the middle, and the connection with it. */
  | { do: "truncate"; machine: MachineId; way: "up" | "down" }
  | { do: "unreachable"; machine: MachineId; ms: number }
  /** The agent loses its connection; the router does not. It hears lies on it once the agent is back on another. */
  | { do: "ghost"; machine: MachineId; ms: number }
  | { do: "stop-agent"; machine: MachineId; ms: number }
  | { do: "kill-agent"; machine: MachineId; at: Moment; ms: number }
  /** Another agent with this machine's key; the first one is started again afterwards. */
  | { do: "usurp"; machine: MachineId; ms: number }
  | { do: "lose-journal"; machine: MachineId; ms: number }
  /** The agent is killed, and its journal lost its newest frames, or ends in rubbish, or has rubbish in its middle. */
  | { do: "tear-journal"; machine: MachineId; at: Moment; how: Tear; frames: number; ms: number }
  /** Nothing can be written on the disk of the agent's machine. */
  | { do: "full-disk"; machine: MachineId; ms: number }
  | { do: "stop-run"; session: SessionName; ms: number }
  | { do: "kill-run"; session: SessionName; ms: number }
  | { do: "clock"; machine: MachineId; hours: number }
  | { do: "move"; session: SessionName; to: MachineId }
  | { do: "evict-session"; session: SessionName; at: Moment }
  | { do: "evict-machine"; machine: MachineId; at: Moment }
  | { do: "kill-runtime"; at: Moment; ms: number }
  | { do: "deploy"; at: Moment }
  /** A Worker in which every chore of every alarm fails, and is tried again after a second; then the good one again. */
  | { do: "bad-deploy"; ms: number }
  | { do: "telegram"; kind: "429" | "500" | "timeout-after-success" | "drop"; times: number }
  /**
   * On the way of an update to the router: lost before or after it was taken, slow, brought twice at once, or late:
   * Telegram hears nothing and brings it again, and the first one arrives when others have come.
   */
  | { do: "webhook"; kind: "lose-request" | "lose-answer" | "slow" | "twice" | "late"; times: number }
  /** A reply of which the router hears after a press that was made later. */
  | { do: "overtake"; session: SessionName; reply: string; press: string }
  | { do: "redeliver"; back: number };

export type Step = { at: number } & ({ act: Act } | { fault: Fault });

export interface PlanOptions {
  seed: number;
  updates: number;
  faults: number;
}

/** Nobody thinks about a question for longer than this, in milliseconds. */
const THINKING_MS = 15_000;

/** Between two updates, on average: a session types three lines a second at best. */
const UPDATE_EVERY_MS = 280;

/** What has passed takes so many milliseconds to be read and worked on. */
const WORK_MS = 6;

/** A chaos that takes longer has room for faults that take a minute. */
const LONG_MS = 180_000;

const ACTS = {
  reply: 60,
  cmd: 8,
  press: 9,
  edit: 6,
  cancel: 2,
  again: 4,
  enter: 4,
  screen: 1,
  notify: 3,
  intrude: 4,
  // What it answers is asked before.
  answer: 4,
} satisfies Record<Exclude<Act["do"], "ask">, number>;

const FAULTS = {
  cut: 8,
  delay: 5,
  "half-open": 4,
  truncate: 6,
  unreachable: 5,
  ghost: 5,
  "stop-agent": 6,
  "kill-agent": 10,
  usurp: 2,
  "lose-journal": 2,
  "tear-journal": 6,
  "full-disk": 6,
  "stop-run": 5,
  "kill-run": 2,
  clock: 3,
  move: 4,
  "evict-session": 9,
  "evict-machine": 9,
  "kill-runtime": 5,
  deploy: 3,
  "bad-deploy": 3,
  telegram: 10,
  webhook: 10,
  overtake: 6,
  redeliver: 8,
} satisfies Record<Fault["do"], number>;

export const FAULT_KINDS = Object.keys(FAULTS);

const PASSING = ["now", "update", "command", "journaled", "commandResult", "resultStored", "telegram call"] as const;
const TEARS = ["cut", "cut", "cut", "garbled", "damaged"] as const satisfies Tear[];
const TELEGRAM_TROUBLES = ["429", "500", "timeout-after-success", "drop"] as const;
const WEBHOOK_TROUBLES = ["lose-request", "lose-answer", "slow", "twice", "late"] as const;

/** The whole course of a chaos: a pure function of its options. Times are milliseconds from its start. */
export function makePlan({ seed, updates, faults }: PlanOptions): Step[] {
  const random = new Random(seed);
  const lasts = updates * UPDATE_EVERY_MS;
  const steps: Step[] = [];
  for (let number = 1; number <= updates; number++) {
    const at = random.between(0, lasts);
    const act = makeAct(random, number);
    steps.push({ at, act });
    if (act.do === "answer")
      steps.push({ at: Math.max(0, at - random.between(500, THINKING_MS)), act: { do: "ask", mark: act.question } });
  }
  for (let number = 0; number < faults; number++) {
    steps.push({ at: random.between(0, lasts), fault: makeFault(random, lasts, updates + 2 * number) });
  }
  return steps.toSorted((a, b) => a.at - b.at);
}

function makeAct(random: Random, number: number): Act {
  const session = random.pick(SESSION_NAMES);
  const mark = `<u${number}>`;
  const what = random.weighted(ACTS);
  switch (what) {
    case "reply":
    case "cmd":
      return { do: what, session, mark };
    case "press":
      return { do: what, session, mark, twice: random.next() < 0.4 };
    case "edit":
      return { do: what, back: random.between(0, 3) };
    case "notify":
      return { do: what, session, mark: `<n${number}>` };
    case "answer":
      return makeAnswer(random, number);
    case "cancel":
    case "enter":
    case "screen":
    case "again":
      return { do: what, session };
    case "intrude": {
      // One that is nobody, and one that is somebody, only not this session's owner.
      const userId = random.pick([STRANGER, ownerOf(session) === OWNER ? OTHER_OWNER : OWNER]);
      return { do: what, session, mark, userId, how: random.pick(["cmd", "press"]) };
    }
  }
}

function makeAnswer(random: Random, number: number): Extract<Act, { do: "answer" }> {
  const question = `<q${number}>`;
  const how = random.pick(["Allow", "Deny", "reply"] as const);
  if (how === "reply") return { do: "answer", question, how, mark: `<a${number}>` };
  return { do: "answer", question, how, twice: random.next() < 0.4 };
}

/** @param marks how many marks are used up */
function makeFault(random: Random, lasts: number, marks: number): Fault {
  const machine = random.pick(MACHINES);
  const session = random.pick(SESSION_NAMES);
  const what = random.weighted(FAULTS);
  switch (what) {
    case "cut":
    case "evict-machine":
      return { do: what, machine, at: makeMoment(random) };
    case "delay":
      return { do: what, machine, by: random.between(50, 1_500), ms: random.between(500, 4_000) };
    case "half-open":
      // Where there is time, some last until a missing ping or pong gives them away.
      return {
        do: what,
        machine,
        way: random.pick(["up", "down"]),
        ms: lasts > LONG_MS && random.next() < 0.3 ? random.between(30_000, 60_000) : random.between(1_000, 6_000),
      };
    case "truncate":
      return { do: what, machine, way: random.pick(["up", "down"]) };
    case "unreachable":
      // A short trip through a tunnel, or a lid that is closed for a while.
      return {
        do: what,
        machine,
        ms: random.next() < 0.6 ? random.between(300, 4_000) : random.between(8_000, 20_000),
      };
    case "stop-agent":
      return { do: what, machine, ms: random.between(300, 4_000) };
    case "ghost":
      return { do: what, machine, ms: random.between(1_500, 5_000) };
    case "kill-agent":
      return { do: what, machine, at: makeMoment(random), ms: random.between(0, 2_000) };
    case "tear-journal":
      return {
        do: what,
        machine,
        at: makeMoment(random),
        how: random.pick(TEARS),
        frames: random.between(1, 12),
        ms: random.between(0, 2_000),
      };
    case "full-disk":
      return { do: what, machine, ms: random.between(1_000, 8_000) };
    case "lose-journal":
    case "usurp":
      return { do: what, machine, ms: random.between(0, 2_000) };
    case "stop-run":
    case "kill-run":
      return { do: what, session, ms: random.between(200, 3_000) };
    case "clock":
      return { do: what, machine, hours: random.pick([-1, 1, 1, 3]) };
    case "move":
      return { do: what, session: random.pick(["desk-a", "desk-b", "lap-a"]), to: random.pick(["devbox", "macbook"]) };
    case "evict-session":
      return { do: what, session, at: makeMoment(random) };
    case "kill-runtime":
      return { do: what, at: makeMoment(random), ms: random.between(0, 1_500) };
    case "deploy":
      return { do: what, at: makeMoment(random) };
    case "bad-deploy":
      // At a try a second: more often than the platform tries an alarm before it drops it.
      return { do: what, ms: random.between(9_000, 12_000) };
    case "telegram": {
      const kind = random.pick(TELEGRAM_TROUBLES);
      return { do: what, kind, times: random.between(1, 4) };
    }
    case "webhook": {
      const kind = random.pick(WEBHOOK_TROUBLES);
      return { do: what, kind, times: random.between(1, 3) };
    }
    case "overtake":
      return { do: what, session, reply: `<u${marks + 1}>`, press: `<u${marks + 2}>` };
    case "redeliver":
      return { do: what, back: random.between(0, 30) };
  }
}

function makeMoment(random: Random): Moment {
  return { next: random.pick(PASSING), after: random.between(0, WORK_MS) };
}
