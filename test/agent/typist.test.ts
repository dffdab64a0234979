import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Presence, SessionTerminal, SessionTypeResult } from "../../agent/session/session-terminal.ts";
import { Typist } from "../../agent/session/typist.ts";
import { openDatabase } from "../../agent/store/database.ts";
import { Journal } from "../../agent/store/journal.ts";
import type { AgentFrame, Command } from "../../src/protocol.ts";
import { containing } from "./matchers.ts";
import { commandId, textCommand } from "./stand-in-router.ts";

let folder: string;
let database: DatabaseSync;
let journal: StumblingJournal;
let now: number;
let frames: AgentFrame[];
let typed: string[];
let results: SessionTypeResult[];
let answers: ("taken" | "closed" | "later" | "throws")[];
let presence: Presence;
let meaning: (command: Command) => Command;
let typist: Typist;
/** What could not be written down; the daemon ends its connection then. */
let troubles: unknown[];

/** A journal that finds no room on the disk when the test says so. */
class StumblingJournal extends Journal {
  /** The next call of each throws. */
  readonly stumbles = new Set<string>();

  override putBack(id: string): void {
    this.#mayStumble("putBack");
    super.putBack(id);
  }

  override markTyped(id: string, remark?: string): void {
    this.#mayStumble("markTyped");
    super.markTyped(id, remark);
  }

  #mayStumble(call: string): void {
    if (this.stumbles.delete(call)) throw new Error("database or disk is full");
  }
}

/** Does what the test says next; `typed` where it says nothing. */
const terminal: SessionTerminal = {
  type: async (text) => {
    typed.push(text);
    return results.shift() ?? { status: "typed" };
  },
  key: async (name) => {
    typed.push(`<${name}>`);
    return { status: "typed" };
  },
  screen: async () => ({ status: "screen", text: "" }),
  gone: () => {},
};

function fresh(): Typist {
  return new Typist({
    journal,
    clock: { wall: () => now, monotonic: () => now },
    presence: () => presence,
    tell: (frame) => void frames.push(frame),
    cannotJournal: (error) => {
      troubles.push(error);
      typist.disconnected();
    },
    meaning: (command) => meaning(command),
    answer: () => {
      const next = answers.shift() ?? "taken";
      if (next === "throws") throw new Error("database or disk is full");
      return next;
    },
    showScreen: () => {},
    log: () => {},
  });
}

function answer(n: number): Command {
  const command = {
    type: "command",
    id: commandId(n),
    sessionId: "s1",
    command: "Allow",
    remainingMs: 60_000,
  } as const;
  return { ...command, kind: "answer", nonce: "0123456789a0", choice: "y" };
}

function outcomes(): unknown[] {
  return frames.flatMap((frame) => (frame.type === "commandResult" ? [[frame.id, frame.outcome]] : []));
}

async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  folder = mkdtempSync(join(tmpdir(), "ccr-typist-"));
  database = openDatabase(join(folder, "agent.db"));
  now = 1_000;
  journal = new StumblingJournal(database, { wall: () => now, monotonic: () => now });
  [frames, typed, results, answers, troubles] = [[], [], [], [], []];
  presence = { at: "here", terminal };
  meaning = (command) => command;
  typist = fresh();
});

afterEach(() => {
  vi.useRealTimers();
  database.close();
  rmSync(folder, { recursive: true });
});

test("what the program proves at once is accepted", async () => {
  results = [{ status: "accepted" }];
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(0);
  expect(outcomes()).toEqual([[commandId(1), "accepted"]]);
});

test("an answer that means a text is typed in its turn, and once", async () => {
  meaning = ({ id, sessionId, type, remainingMs, ...command }) =>
    command.kind === "answer"
      ? { id, sessionId, type, remainingMs, kind: "text", command: "/exit" }
      : { id, sessionId, type, remainingMs, ...command };
  presence = { at: "away" };
  typist.receive(textCommand(1, "s1", "first"));
  typist.receive(answer(2));
  await pass(0);
  expect([typed, outcomes()]).toEqual([[], []]);
  presence = { at: "here", terminal };
  typist.look("s1");
  await pass(0);
  typist.receive(answer(2));
  await pass(0);
  expect(typed).toEqual(["first", "/exit"]);
});

test("what is typed and not proved is told as typed, lets the next one pass, and is accepted with its proof", async () => {
  results = [{ status: "unproved" }, { status: "accepted" }];
  typist.receive(textCommand(1, "s1", "one"));
  typist.receive(textCommand(2, "s1", "two"));
  await pass(0);
  expect(frames).toContainEqual({ type: "progress", id: commandId(1), state: "typed" });
  expect(outcomes()).toEqual([[commandId(2), "accepted"]]);

  expect(typist.submitted("s1", (text) => text === "another")).toBe(false);
  expect(typist.submitted("s2", (text) => text === "one")).toBe(false);
  expect(typist.submitted("s1", (text) => text === "one")).toBe(true);
  expect(outcomes()).toEqual([
    [commandId(2), "accepted"],
    [commandId(1), "accepted"],
  ]);
  expect(typist.submitted("s1", (text) => text === "one")).toBe(false);
});

test("of two like ones the first is proved first", async () => {
  results = [{ status: "unproved" }, { status: "unproved" }];
  typist.receive(textCommand(1, "s1", "again"));
  typist.receive(textCommand(2, "s1", "again"));
  await pass(0);
  typist.submitted("s1", () => true);
  expect(outcomes()).toEqual([[commandId(1), "accepted"]]);
});

test("what was typed is never typed again, also when another agent gets it sent again, and can still be proved", async () => {
  results = [{ status: "unproved" }];
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(0);
  typist = fresh();
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(10_000);
  expect(typed).toEqual(["hello"]);
  typist.submitted("s1", () => true);
  expect(outcomes()).toEqual([[commandId(1), "accepted"]]);
});

test("what was left out of a text is told with its end, also of one that is proved later, by another agent", async () => {
  const told = "3 characters that a terminal must not get were left out";
  results = [{ status: "typed", removed: 3 }, { status: "accepted", removed: 3 }, { status: "accepted" }];
  for (const n of [1, 2, 3]) typist.receive(textCommand(n, "s1", "a\u0007\u0007\u0007"));
  await pass(0);
  results = [{ status: "unproved", removed: 3 }];
  typist.receive(textCommand(4, "s1", "a\u0007\u0007\u0007"));
  await pass(0);
  typist = fresh();
  typist.submitted("s1", () => true);
  const ends = frames.flatMap((frame) => (frame.type === "commandResult" ? [[frame.outcome, frame.error]] : []));
  expect(ends).toEqual([
    ["typed", told],
    ["accepted", told],
    ["accepted", undefined],
    ["accepted", told],
  ]);
});

test("what is never proved ends as typed when its time is over", async () => {
  results = [{ status: "unproved" }];
  typist.receive(textCommand(1, "s1", "hello", 5_000));
  await pass(0);
  await pass(5_001);
  typist.tick();
  expect(outcomes()).toEqual([[commandId(1), "typed"]]);
});

test("what is held is told once, and typed as soon as it can be, in order", async () => {
  results = [{ status: "held", reason: "a draft" }, { status: "held", reason: "a draft" }, { status: "accepted" }];
  typist.receive(textCommand(1, "s1", "one"));
  typist.receive(textCommand(2, "s1", "two"));
  await pass(0);
  await pass(1_000);
  await pass(1_000);
  expect(typed).toEqual(["one", "one", "one", "two"]);
  expect(frames.filter(({ type }) => type === "progress")).toEqual([
    { type: "progress", id: commandId(1), state: "held", reason: "a draft" },
  ]);
});

test("an answer goes to whoever asked, also where nothing can be typed", () => {
  presence = { at: "nowhere" };
  answers = ["taken", "closed"];
  typist.receive(answer(1));
  typist.receive(answer(2));
  expect(outcomes()).toEqual([
    [commandId(1), "accepted"],
    [commandId(2), "failed"],
  ]);
  expect(typed).toEqual([]);
});

test("an answer that is early waits for its question, and holds nothing up", async () => {
  answers = ["later", "later", "taken"];
  typist.receive(answer(1));
  typist.receive(textCommand(2, "s1", "hello"));
  await pass(0);
  expect([typed, outcomes()]).toEqual([["hello"], [[commandId(2), "typed"]]]);
  await pass(1_000);
  await pass(1_000);
  expect(outcomes()).toContainEqual([commandId(1), "accepted"]);
});

test("an early answer for a session that is not here yet does not fail for that", async () => {
  presence = { at: "unknown" };
  answers = ["later", "closed"];
  typist.receive(answer(1));
  await pass(0);
  expect(outcomes()).toEqual([]);
  await pass(1_000);
  expect(outcomes()).toEqual([[commandId(1), "failed"]]);
});

test("a session that sits in no terminal: one sentence says how to start it", async () => {
  presence = { at: "nowhere" };
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(0);
  expect(frames.at(-1)).toMatchObject({ outcome: "failed", error: containing("ccr-agent run -- claude") });
});

test("a session that goes on under another name takes along what waits, and what waits for its proof", async () => {
  results = [{ status: "unproved" }, { status: "held", reason: "a draft" }];
  typist.receive(textCommand(1, "s1", "one"));
  await pass(0);
  typist.receive(textCommand(2, "s1", "two"));
  await pass(0);
  journal.renameSession("s1", "s2");
  typist.renamed("s1", "s2");
  await pass(1_000);
  expect(typed).toEqual(["one", "two", "two"]);
  expect(typist.submitted("s2", (text) => text === "one")).toBe(true);
  expect(frames.filter(({ type }) => type === "commandResult")).toMatchObject([
    { id: commandId(2), sessionId: "s2" },
    { id: commandId(1), sessionId: "s2" },
  ]);
});

/** The router is connected again, and sends what has no result. */
function reconnect(...commands: readonly Command[]): void {
  typist.connected();
  for (const command of commands) typist.receive(command);
}

test("what was held while nothing could be written goes on waiting, and is typed", async () => {
  results = [{ status: "held", reason: "a draft" }, { status: "accepted" }];
  journal.stumbles.add("putBack");
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(0);
  expect([troubles.length, outcomes()]).toEqual([1, []]);
  reconnect(textCommand(1, "s1", "hello"));
  await pass(1_000);
  expect([typed, outcomes()]).toEqual([["hello", "hello"], [[commandId(1), "accepted"]]]);
});

test("an answer that was early while nothing could be written is given later", async () => {
  answers = ["later", "taken"];
  journal.stumbles.add("putBack");
  typist.receive(answer(1));
  reconnect(answer(1));
  await pass(1_000);
  expect([troubles.length, outcomes()]).toEqual([1, [[commandId(1), "accepted"]]]);
});

test("an answer that finds no room where it is taken is given again", () => {
  answers = ["throws", "taken"];
  typist.receive(answer(1));
  expect([troubles.length, outcomes()]).toEqual([1, []]);
  reconnect(answer(1));
  expect(outcomes()).toEqual([[commandId(1), "accepted"]]);
});

test("what was typed while that could not be written is proved all the same, and not typed again", async () => {
  results = [{ status: "unproved" }];
  journal.stumbles.add("markTyped");
  typist.receive(textCommand(1, "s1", "hello"));
  await vi.advanceTimersByTimeAsync(0);
  expect(troubles).toHaveLength(1);
  expect(typist.submitted("s1", (text) => text === "hello")).toBe(true);
  reconnect(textCommand(1, "s1", "hello"));
  await pass(1_000);
  expect([typed, outcomes()[0]]).toEqual([["hello"], [commandId(1), "accepted"]]);
});

test("what could be begun only by half is typed once there is room, once", async () => {
  // The file beside the journal that counts what is typed.
  const mark = join(folder, "agent.db.typings");
  mkdirSync(mark);
  journal.stumbles.add("putBack");
  typist.receive(textCommand(1, "s1", "hello"));
  await pass(0);
  expect([troubles.length > 0, typed, outcomes()]).toEqual([true, [], []]);
  rmSync(mark, { recursive: true });
  reconnect(textCommand(1, "s1", "hello"));
  await pass(0);
  expect([typed, outcomes()]).toEqual([["hello"], [[commandId(1), "typed"]]]);
});
