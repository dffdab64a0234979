import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as v from "valibot";
import { HookInput, type HookInputOf } from "../../../agent/claude/hook-input.ts";
import type { StoredAsk } from "../../../agent/store/asks.ts";
import { OpenAsks } from "../../../agent/claude/open-asks.ts";
import type { HookLine } from "../../../agent/control/server.ts";
import type { Session } from "../../../agent/store/sessions.ts";
import type { Command, NotificationBody } from "../../../src/protocol.ts";

let now: number;
let asks: OpenAsks;
let sent: NotificationBody[];
let closed: string[][];
let box: boolean;
let stored: Map<string, StoredAsk>;
/** `/back` stands queued on the screen. */
let back: boolean;
let backs: string[];
/** How often the terminal was looked at, and what each look waits for. */
let looks: number;
let slow: Promise<void> | undefined;
/** Nothing can be written. */
let full: boolean;
let online: boolean;

function writing(work: () => void): void {
  if (full) throw new Error("database or disk is full");
  work();
}

const SESSION: Session = {
  sessionId: "s1",
  label: "api",
  program: "claude",
  pid: 1,
  processStart: "1",
  startedAt: 0,
  lane: "s1",
  claude: { place: { kind: "none" }, notify: false, away: true, named: false, title: "", plain: false },
};

/** A hook's connection: what it was let go with, and a way to cut it. */
class Line implements HookLine {
  readonly released: (string | undefined)[] = [];
  #gone: () => void = () => {};
  readonly #isGone: boolean;

  constructor(isGone = false) {
    this.#isGone = isGone;
  }

  hold(): void {}

  release(output?: string): void {
    this.released.push(output);
  }

  onGone(gone: () => void): void {
    if (this.#isGone) gone();
    this.#gone = gone;
  }

  cut(): void {
    this.#gone();
  }
}

const QUESTIONS = ["Which colour?", "Which size?"].map((question) => ({
  question,
  multiSelect: true,
  options: ["A", "B", "C"].map((label) => ({ label })),
}));

/** The word `questions` stands for two questions, any other for a command. */
function request(command: string): HookInputOf<"PermissionRequest"> {
  const common = { session_id: "s1", cwd: "/project", hook_event_name: "PermissionRequest" };
  const tool =
    command === "questions"
      ? { tool_name: "AskUserQuestion", tool_input: { questions: QUESTIONS } }
      : { tool_name: "Bash", tool_input: { command } };
  const parsed = v.parse(HookInput, { ...common, ...tool });
  if (parsed.hook_event_name !== "PermissionRequest") throw new Error("not a PermissionRequest");
  return parsed;
}

function open(command: string, line: Line, patience = 0): void {
  const hook = { type: "hook", requestId: command, event: "PermissionRequest", claudePid: 1, env: {} } as const;
  asks.open(SESSION, { ...hook, input: {} }, request(command), line, patience);
}

/** The same use of a tool, before there is a dialog. */
function holdBack(command: string, line: Line, limit = 30 * 60_000): void {
  const { hook_event_name: _, permission_suggestions: __, ...input } = request(command);
  const early = { ...input, hook_event_name: "PreToolUse", tool_use_id: "toolu_1" } as const;
  const requestId = `early-${command}`;
  const hook = { type: "hook", requestId, event: "PreToolUse", claudePid: 1, env: {}, input: {} } as const;
  asks.holdBack(SESSION, hook, early, line, limit);
}

async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

function press(nonce: string, sessionId = "s1", choice = "y"): ReturnType<OpenAsks["answer"]> {
  const answer: Extract<Command, { kind: "answer" }> = {
    type: "command",
    kind: "answer",
    id: "AAAAAAAAAAAAAAAA.q1",
    sessionId,
    command: "Allow",
    remainingMs: 1_000,
    nonce,
    choice,
  };
  return asks.answer(answer);
}

function fresh(): OpenAsks {
  return new OpenAsks({
    store: {
      read: (name) => stored.get(name),
      save: (name, ask) => writing(() => stored.set(name, ask)),
      remove: (name) => writing(() => stored.delete(name)),
      shown: () =>
        [...stored].map(([hook, { sessionId, shown }]) => ({ hook, sessionId: sessionId ?? "", nonce: shown ?? "" })),
      renameSession: (from, to) =>
        writing(() => {
          for (const [name, ask] of stored) if (ask.sessionId === from) stored.set(name, { ...ask, sessionId: to });
        }),
    },
    clock: { wall: () => now, monotonic: () => now },
    online: () => online,
    notify: (body) => writing(() => sent.push(body)),
    closeQuestion: (...what) => writing(() => closed.push(what)),
    look: async () => {
      looks += 1;
      await slow;
      return { box, back };
    },
    back: (sessionId) => {
      backs.push(sessionId);
      asks.letGo(sessionId);
      writing(() => {});
    },
    changed: () => {},
    attempt: (work) => {
      try {
        work();
      } catch {
        // The daemon logs it, and drops its connection.
      }
    },
  });
}

const nonceOf = (index: number): string => sent[index]?.question?.nonce ?? "";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  now = 0;
  sent = [];
  closed = [];
  [box, back, backs, full] = [false, false, [], false];
  online = true;
  [looks, slow] = [0, undefined];
  stored = new Map();
  asks = fresh();
  now = 60_000;
});

afterEach(() => void vi.useRealTimers());

test("a question is sent, and the answer lets its hook go with the decision", () => {
  const line = new Line();
  open("ls", line);
  expect(asks.has("s1")).toBe(true);
  expect(press(nonceOf(0))).toBe("taken");
  expect(line.released).toEqual([expect.stringContaining('"behavior":"allow"')]);
  line.cut();
  expect([asks.has("s1"), closed]).toEqual([false, []]);
});

test("after a restart of the agent the same hook asks the same question, with the same id", () => {
  open("ls", new Line());
  asks = fresh();
  const line = new Line();
  open("ls", line);
  expect(sent[1]).toEqual(sent[0]);
  expect(press(nonceOf(0))).toBe("taken");
  expect(line.released).toHaveLength(1);
});

test("a restart in the middle of questions goes on with the same card, and what was answered before counts", () => {
  open("questions", new Line());
  for (const choice of ["0", "d", "1"]) expect(press(sent.at(-1)?.question?.nonce ?? "", "s1", choice)).toBe("taken");
  const half = sent.at(-1);
  expect(half?.text).toContain("Which size? (2 of 2)");
  expect(half?.text).toContain("Chosen: B. More?");
  asks.stop();
  asks = fresh();
  const line = new Line();
  open("questions", line);
  expect(sent.at(-1)).toEqual(half);
  expect(press(half?.question?.nonce ?? "", "s1", "d")).toBe("taken");
  expect(line.released).toEqual([expect.stringContaining('"answers":{"Which colour?":"A","Which size?":"B"}')]);
  expect(stored.size).toBe(0);
});

test.each([
  ["its hook goes", (line: Line) => line.cut()],
  ["it is answered elsewhere", () => asks.answeredElsewhere("s1", () => true)],
  ["its session ends", () => asks.ended("s1")],
])("nothing of an ask is kept when %s", (_, happens) => {
  const line = new Line();
  open("questions", line);
  press(nonceOf(0), "s1", "0");
  expect(stored.size).toBe(1);
  happens(line);
  expect(stored.size).toBe(0);
});

test("an answer that comes before its hook is back waits for it; one that is too late does not", () => {
  asks = fresh();
  expect(press("unknown")).toBe("later");
  now += 10_000;
  expect(press("unknown")).toBe("closed");
});

test("a hook that goes closes its card", () => {
  const line = new Line();
  open("ls", line);
  line.cut();
  expect(closed).toEqual([["s1", nonceOf(0), "at the terminal"]]);
  expect(press(nonceOf(0))).toBe("closed");
});

test("a hook that is gone already asks nothing", () => {
  open("ls", new Line(true));
  expect([sent, closed, asks.has("s1")]).toEqual([[], [], false]);
});

test("to somebody at the desk nothing is sent before their patience is over", () => {
  open("ls", new Line(), 15_000);
  vi.advanceTimersByTime(14_999);
  expect([sent.length, asks.has("s1")]).toEqual([0, true]);
  vi.advanceTimersByTime(1);
  expect(sent).toHaveLength(1);
});

test("what was answered at the desk in time is never sent", () => {
  const line = new Line();
  open("ls", line, 15_000);
  line.cut();
  vi.advanceTimersByTime(60_000);
  expect([sent, closed]).toEqual([[], []]);
});

test("a dialog in whose place the box is seen twice was answered there; once may be before it is drawn", async () => {
  const line = new Line();
  open("ls", line);
  for (const seen of [true, false, true]) {
    box = seen;
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect([line.released, closed]).toEqual([[], []]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([line.released, closed]).toEqual([[undefined], [["s1", nonceOf(0), "at the terminal"]]]);
  expect(press(nonceOf(0))).toBe("closed");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(vi.getTimerCount()).toBe(0);
});

test("what was answered elsewhere lets its own hook go, and no other", () => {
  const [one, two] = [new Line(), new Line()];
  open("one", one);
  open("two", two);
  asks.answeredElsewhere("s1", (ask) => ask.isFor("Bash", { command: "one" }));
  expect([one.released, two.released]).toEqual([[undefined], []]);
  expect(closed).toEqual([["s1", nonceOf(0), "at the terminal"]]);
  expect(press(nonceOf(1))).toBe("taken");
});

test("questions go along with a session that got another name", () => {
  open("ls", new Line());
  asks.renamed("s1", "s2");
  expect([asks.has("s1"), asks.has("s2")]).toEqual([false, true]);
  expect(press(nonceOf(0), "s2")).toBe("taken");
});

test("with the session its questions end", () => {
  const line = new Line();
  open("ls", line);
  asks.ended("s1");
  line.cut();
  expect([asks.has("s1"), line.released, closed]).toEqual([false, [undefined], []]);
});

test("an agent that stops closes no card: the hooks come back to the next one", () => {
  const line = new Line();
  open("ls", line);
  asks.stop();
  line.cut();
  expect([line.released, closed]).toEqual([[], []]);
});

test("what is held back is answered before there is a dialog", () => {
  const line = new Line();
  holdBack("questions", line);
  expect([asks.has("s1"), asks.holds("s1"), sent.length]).toEqual([true, true, 1]);
  for (const choice of ["0", "d", "1"]) press(sent.at(-1)?.question?.nonce ?? "", "s1", choice);
  expect(line.released).toEqual([]);
  press(sent.at(-1)?.question?.nonce ?? "", "s1", "d");
  expect(line.released).toEqual([expect.stringContaining('"permissionDecision":"allow"')]);
  expect([asks.has("s1"), stored.size, closed]).toEqual([false, 0, []]);
});

test("what has no answer is not held back: the terminal asks at once", () => {
  const line = new Line();
  holdBack("ls", line);
  expect([line.released, sent, asks.has("s1"), stored.size]).toEqual([[undefined], [], false, 0]);
});

test("Claude's box, which is there while a question is held back, says nothing about it", async () => {
  const line = new Line();
  holdBack("questions", line);
  box = true;
  await pass(60_000);
  expect([line.released, closed]).toEqual([[], []]);
});

test.each([
  ["after its limit", async () => pass(30 * 60_000)],
  ["when the user is back", async () => asks.letGo("s1")],
  [
    "ten seconds after the router went away",
    async () => {
      online = false;
      await pass(10_000);
    },
  ],
  [
    "when /back stands queued at the terminal",
    async () => {
      back = true;
      await pass(2_000);
      expect(backs).toEqual(["s1"]);
    },
  ],
])("%s the terminal asks, the same card stays, and what was answered counts", async (_, happens) => {
  const early = new Line();
  holdBack("questions", early);
  for (const choice of ["0", "d"]) press(sent.at(-1)?.question?.nonce ?? "", "s1", choice);
  const card = sent.at(-1);
  await happens();
  expect([early.released, asks.has("s1"), asks.holds("s1")]).toEqual([[undefined], true, false]);
  // Nobody could be told now: the hook of the dialog is not there yet.
  expect(press(card?.question?.nonce ?? "", "s1", "1")).toBe("later");
  early.cut();
  const line = new Line();
  open("questions", line, 15_000);
  await pass(20_000);
  expect([sent.at(-1), closed]).toEqual([card, []]);

  press(card?.question?.nonce ?? "", "s1", "1");
  press(sent.at(-1)?.question?.nonce ?? "", "s1", "d");
  expect(line.released).toEqual([expect.stringContaining('"answers":{"Which colour?":"A","Which size?":"B"}')]);
  expect(line.released[0]).toContain('"PermissionRequest"');
});

test("a connection that is back in time changes nothing for what is held back, however often it breaks", async () => {
  const line = new Line();
  holdBack("questions", line);
  for (const broken of [true, false, true, false]) {
    online = !broken;
    await pass(8_000);
  }
  expect(line.released).toEqual([]);
});

test("while the router is away nothing new is held back: the terminal asks at once, and its card waits", () => {
  online = false;
  const line = new Line();
  holdBack("questions", line);
  expect([line.released, sent, asks.has("s1")]).toEqual([[undefined], [], false]);
  open("questions", new Line());
  expect(sent).toHaveLength(1);
});

test("what comes back to an agent that is not connected yet stays held, for as long as a connection may take", async () => {
  holdBack("questions", new Line());
  restart();
  online = false;
  const line = new Line();
  holdBack("questions", line);
  await pass(8_000);
  expect(line.released).toEqual([]);
  await pass(2_000);
  expect(line.released).toEqual([undefined]);
});

test("what was handed over keeps its card over a restart of the agent", async () => {
  holdBack("questions", new Line());
  asks.letGo("s1");
  open("questions", new Line());
  asks.stop();
  asks = fresh();
  open("questions", new Line());
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
  expect(press(nonceOf(0), "s1", "0")).toBe("taken");
});

test("what is held back over a restart of the agent keeps its card and its limit", async () => {
  holdBack("questions", new Line());
  await pass(20 * 60_000);
  asks.stop();
  asks = fresh();
  const line = new Line();
  holdBack("questions", line);
  expect(sent[1]).toEqual(sent[0]);
  await pass(11 * 60_000);
  expect(line.released).toEqual([undefined]);
});

test("what was let go and comes with no dialog is closed", async () => {
  holdBack("questions", new Line());
  asks.letGo("s1");
  await pass(12_000);
  expect([closed, asks.has("s1")]).toEqual([[["s1", nonceOf(0), "at the terminal"]], false]);
});

test("a dialog about something else takes no card over", () => {
  holdBack("questions", new Line());
  asks.letGo("s1");
  open("ls", new Line());
  expect(sent).toHaveLength(2);
});

test("a question for which there is no room comes to the phone when there is, once", async () => {
  full = true;
  open("ls", new Line());
  open("make", new Line(), 15_000);
  await pass(20_000);
  expect([sent, asks.has("s1")]).toEqual([[], true]);
  full = false;
  await pass(4_000);
  expect(sent).toHaveLength(2);
  expect([0, 1].map((index) => press(nonceOf(index)))).toEqual(["taken", "taken"]);
});

test("a question that would be held back without a card is asked at the terminal", () => {
  full = true;
  const line = new Line();
  holdBack("questions", line);
  expect([line.released, asks.has("s1")]).toEqual([[undefined], false]);
});

test("an answer reaches Claude on a full disk, too, and nothing of the question is kept once there is room", async () => {
  const line = new Line();
  open("questions", line);
  for (const choice of ["0", "d", "1"]) press(sent.at(-1)?.question?.nonce ?? "", "s1", choice);
  full = true;
  expect(press(sent.at(-1)?.question?.nonce ?? "", "s1", "d")).toBe("taken");
  expect(line.released).toEqual([expect.stringContaining('"answers":{"Which colour?":"A","Which size?":"B"}')]);
  expect([asks.has("s1"), stored.size]).toEqual([false, 1]);
  full = false;
  await pass(2_000);
  expect([stored.size, vi.getTimerCount()]).toEqual([0, 0]);
});

test.each([
  ["its hook goes", (line: Line) => line.cut()],
  ["the box is seen in its place", () => void (box = true)],
])(
  "when %s on a full disk the question is over at once, and its card is closed when there is room",
  async (_, ends) => {
    const line = new Line();
    open("ls", line);
    full = true;
    ends(line);
    await pass(4_000);
    expect([asks.has("s1"), closed]).toEqual([false, []]);
    full = false;
    await pass(2_000);
    expect([closed, stored.size]).toEqual([[["s1", nonceOf(0), "at the terminal"]], 0]);
  },
);

test("/back that cannot be written down lets the question go all the same", async () => {
  const line = new Line();
  holdBack("questions", line);
  [full, back] = [true, true];
  await pass(2_000);
  expect([line.released, backs]).toEqual([[undefined], ["s1"]]);
});

/** Another agent takes over, at this time. */
function restart(): void {
  asks.stop();
  asks = fresh();
}

test("a question that was answered at the terminal while no agent ran is closed when its hook does not come back", async () => {
  open("ls", new Line());
  open("make", new Line());
  restart();
  open("make", new Line());
  await pass(4_000);
  expect(closed).toEqual([]);
  await pass(2_000);
  expect(closed).toEqual([["s1", nonceOf(0), "at the terminal"]]);
  expect([press(nonceOf(0)), press(nonceOf(1)), stored.size]).toEqual(["closed", "taken", 0]);
});

test("such a card is closed under the name that its session has by then, over restarts", async () => {
  open("ls", new Line());
  restart();
  asks.renamed("s1", "s2");
  restart();
  asks.renamed("s2", "s3");
  await pass(6_000);
  expect(closed).toEqual([["s3", nonceOf(0), "at the terminal"]]);
});

test("with a session that ended meanwhile its cards are gone, and nobody closes them", async () => {
  open("ls", new Line());
  restart();
  asks.ended("s1");
  await pass(6_000);
  expect([closed, stored.size]).toEqual([[], 0]);
});

test("a question that comes back to somebody at the desk and is answered there closes its old card", () => {
  open("ls", new Line());
  restart();
  const line = new Line();
  open("ls", line, 15_000);
  line.cut();
  expect(closed).toEqual([["s1", nonceOf(0), "at the terminal"]]);
});

test("looks at a terminal that is slow do not overlap: one screen is no proof", async () => {
  const line = new Line();
  open("ls", line);
  box = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  slow = promise;
  await pass(6_000);
  expect(looks).toBe(1);
  resolve();
  await pass(0);
  expect([line.released, asks.has("s1")]).toEqual([[], true]);
  await pass(2_000);
  expect([line.released, asks.has("s1")]).toEqual([[undefined], false]);
});
