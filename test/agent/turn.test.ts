import { expect, test } from "vitest";
import { nextTurn, type SessionView, type Waiting } from "../../agent/session/turn.ts";
import { containing } from "./matchers.ts";

function waiting(id: string, position: number, more: Partial<Waiting> = {}): Waiting {
  return { id, kind: "text", position, wallDeadline: 1_000, monotonicDeadline: 1_000, notBefore: 0, ...more };
}

function view(queue: Waiting[], more: Partial<SessionView> = {}): SessionView {
  return { waiting: queue, terminal: "here", wall: 100, monotonic: 100, ...more };
}

test("an empty queue has nothing to do", () => {
  expect(nextTurn(view([]))).toEqual({ do: "nothing" });
});

test("texts are typed in the order of the journal, whatever order they stand in", () => {
  expect(nextTurn(view([waiting("b", 2), waiting("a", 1), waiting("c", 3)]))).toEqual({ do: "carry out", id: "a" });
});

test.each(["key", "screen"] as const)("a %s goes before texts that came earlier", (kind) => {
  expect(nextTurn(view([waiting("a", 1), waiting("b", 2, { kind })]))).toEqual({ do: "carry out", id: "b" });
});

test("an action waits its turn like a text", () => {
  expect(nextTurn(view([waiting("a", 1), waiting("b", 2, { kind: "action" })]))).toEqual({ do: "carry out", id: "a" });
});

test.each([
  ["wall", { wallDeadline: 100 }],
  ["monotonic", { monotonicDeadline: 100 }],
])("a command whose time is over by the %s clock alone expires", (_clock, deadline) => {
  expect(nextTurn(view([waiting("a", 1), waiting("b", 2, deadline)]))).toMatchObject({
    do: "end",
    id: "b",
    outcome: "expired",
  });
});

test("as long as its terminal is sought nothing is typed or refused; an answer goes to whoever asked", () => {
  const queue = [waiting("a", 1)];
  expect(nextTurn(view(queue, { terminal: "sought" }))).toEqual({ do: "nothing" });
  queue.push(waiting("b", 2, { kind: "answer" }));
  expect(nextTurn(view(queue, { terminal: "sought" }))).toEqual({ do: "carry out", id: "b" });
});

test("an answer goes to whoever asked, before everything else", () => {
  const both = [waiting("a", 1), waiting("b", 2, { kind: "answer" })];
  expect(nextTurn(view(both))).toEqual({ do: "carry out", id: "b" });
  expect(nextTurn(view(both, { terminal: "away" }))).toEqual({ do: "carry out", id: "b" });
});

test("a command for a session that sits in no terminal fails, and says how to start it", () => {
  expect(nextTurn(view([waiting("a", 1)], { terminal: "nowhere" }))).toEqual({
    do: "end",
    id: "a",
    outcome: "failed",
    reason: containing("ccr-agent run"),
  });
});

test("a command for a session that does not run here fails, and says what to do", () => {
  expect(nextTurn(view([waiting("a", 1)], { terminal: "unknown" }))).toEqual({
    do: "end",
    id: "a",
    outcome: "failed",
    reason: containing("ccr-agent run"),
  });
});

test("everything is held while the terminal is away", () => {
  const queue = [waiting("a", 1), waiting("b", 2, { kind: "key" })];
  expect(nextTurn(view(queue, { terminal: "away" }))).toMatchObject({ do: "hold", ids: ["a", "b"] });
});

test("what expires does so while the terminal is away, too", () => {
  const queue = [waiting("a", 1, { wallDeadline: 50 })];
  expect(nextTurn(view(queue, { terminal: "away" }))).toMatchObject({ do: "end", outcome: "expired" });
});

test("a text that is held lets no later text pass", () => {
  const queue = [waiting("a", 1, { notBefore: 150 }), waiting("b", 2)];
  expect(nextTurn(view(queue))).toEqual({ do: "wait", until: 150 });
  expect(nextTurn(view(queue, { monotonic: 150 }))).toEqual({ do: "carry out", id: "a" });
});

test("a key passes a text that is held, and a text a key that is held", () => {
  expect(nextTurn(view([waiting("a", 1, { notBefore: 150 }), waiting("b", 2, { kind: "key" })]))).toEqual({
    do: "carry out",
    id: "b",
  });
  expect(nextTurn(view([waiting("a", 1), waiting("b", 2, { kind: "key", notBefore: 150 })]))).toEqual({
    do: "carry out",
    id: "a",
  });
});
