import { expect, test } from "vitest";
import {
  answerLine,
  clockTime,
  excerpt,
  isTimeZone,
  movedTo,
  movedToIn,
  outcomeText,
  sleepLine,
  stateLine,
  tooLate,
} from "../../../src/session/wording.ts";

const NOON = Date.UTC(2026, 0, 15, 12, 3);

test.each([
  [null, "12:03"],
  ["UTC", "12:03"],
  ["Asia/Kathmandu", "17:48"],
  ["America/St_Johns", "08:33"],
])("in the time zone %s the clock shows %s", (zone, time) => {
  expect(clockTime(NOON, zone)).toBe(time);
});

test("midnight is 00:00", () => {
  expect(clockTime(Date.UTC(2026, 0, 15), null)).toBe("00:00");
});

test.each([
  ["Europe/Vienna", true],
  ["UTC", true],
  ["Mars/Olympus", false],
  ["", false],
  ["not a zone at all", false],
])("%j as a time zone: %s", (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});

test("a machine sleeps since a time, or was never there", () => {
  expect(sleepLine("devbox", NOON, "Asia/Tokyo")).toBe("devbox sleeps since 21:03");
  expect(sleepLine("devbox", null, "Asia/Tokyo")).toBe("devbox is not connected");
});

test.each([
  ["offered", null, false, "sent to devbox"],
  ["offered", null, true, "devbox sleeps: queued"],
  ["held", "somebody is typing", false, "devbox holds it back: somebody is typing"],
  ["accepted", null, false, "typed on devbox"],
  ["typed", null, true, "typed on devbox"],
  ["failed", "the terminal is gone", false, "not typed: the terminal is gone"],
  ["expired", null, false, "too old, not typed"],
  ["cancelled", null, false, "cancelled"],
  ["unknown", "the agent stopped", false, "nobody knows whether it was typed: the agent stopped"],
] as const)("a press on a command that is %s (%s, asleep: %s) is told: %s", (state, error, asleep, said) => {
  expect(stateLine({ state, error, machineId: "devbox" }, asleep)).toBe(said);
});

test("a toast has at most 200 characters, whatever the reason", () => {
  for (const state of ["failed", "held"] as const)
    expect(stateLine({ state, error: "x".repeat(500), machineId: "devbox" }, false)).toHaveLength(200);
});

test.each([
  ["failed", "the terminal is gone", "Not typed: the terminal is gone."],
  ["failed", null, "Not typed: the machine gave no reason."],
  ["expired", "it was too long ago", "Not typed, its time is over: it was too long ago."],
  ["cancelled", "the session moved to macbook", "Not typed: the session moved to macbook."],
  ["cancelled", null, undefined],
  ["accepted", null, undefined],
  ["typed", null, undefined],
  ["accepted", "1 character was left out", "Typed, but 1 character was left out."],
  ["typed", "3 characters were left out", "Typed, but 3 characters were left out."],
] as const)("%s (%s) is told as: %s", (outcome, error, told) => {
  expect(outcomeText(outcome, error)).toBe(told);
});

test("what nobody knows is told with what to do", () => {
  expect(outcomeText("unknown", "the agent stopped")).toMatch(/^Nobody knows .*: the agent stopped\. Look at/);
});

test("where a session moved to can be read from the reason, and from no other reason", () => {
  expect(movedToIn(movedTo("macbook-2"))).toBe("macbook-2");
  for (const reason of [null, "the session ended", "the session moved to a better place"])
    expect(movedToIn(reason)).toBeUndefined();
});

test.each([
  ["accepted", null, "✓ Yes, all · 12:03"],
  ["typed", null, "✓ Yes, all · 12:03"],
  ["failed", "answered at the terminal", "✗ answered at the terminal"],
  ["failed", null, "✗ too late"],
  ["expired", null, "✗ too late"],
  ["cancelled", null, "✗ cancelled"],
  ["unknown", "the agent stopped", "🤷 nobody knows whether it was answered"],
] as const)("a card whose answer is %s (%s) reads: %s", (outcome, error, line) => {
  expect(answerLine({ text: "Yes,\n all" }, outcome, error, "12:03")).toBe(line);
});

test.each([
  [{ answer: null, closedBy: "answered at the terminal" }, "too late: answered at the terminal"],
  [{ answer: "m1.2", closedBy: null }, "too late: it is answered already"],
  [{ answer: null, closedBy: null }, "too late: its time is over"],
])("a press on a closed question %j is told: %s", (question, said) => {
  expect(tooLate(question)).toBe(said);
});

test("an excerpt is one line, and is never cut inside a character", () => {
  expect(excerpt("  two\n\tlines ", 20)).toBe("two lines");
  expect(excerpt("👀👀👀👀", 3)).toBe("👀👀…");
  expect(excerpt("abc", 3)).toBe("abc");
});
