import { expect, test } from "vitest";
import { parseRunArguments } from "../../agent/commands/run-arguments.ts";
import { containing } from "./matching.ts";

test.each([
  [["--", "claude"], { command: "claude", args: [] }],
  [["--label", "api", "--", "claude", "--model", "x"], { command: "claude", args: ["--model", "x"], label: "api" }],
  [["--label=  api ", "--", "sh", "-c", "a -- b"], { command: "sh", args: ["-c", "a -- b"], label: "api" }],
  [["--session", "s1", "--", "sh", "--", "x"], { command: "sh", args: ["--", "x"], sessionId: "s1" }],
])("%j is understood", (argv, expected) => {
  expect(parseRunArguments(argv)).toMatchObject({ status: "run", ...expected });
});

test("every run without --session has an id of its own", () => {
  const ids = [1, 2]
    .map(() => parseRunArguments(["--", "cat"]))
    .map((run) => (run.status === "run" ? run.sessionId : undefined));
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[0]).not.toBe(ids[1]);
});

test.each([
  [[], "the program to run is missing"],
  [["--"], "the program to run is missing"],
  [["--", ""], "the program to run is missing"],
  [["claude"], "claude"],
  [["--lable", "x", "--", "cat"], "--lable"],
  [["--label", "--", "cat"], "--label"],
  [["--label", "", "--", "cat"], "--label: a label is 1 to 64 characters"],
  [["--label", "x".repeat(65), "--", "cat"], "--label: a label is 1 to 64 characters"],
  [["--session", "../x", "--", "cat"], "--session: a session id is"],
])("%j is wrong, and it is said how it is written", (argv, error) => {
  expect(parseRunArguments(argv)).toEqual({ status: "wrong", error: containing(error) });
  expect(parseRunArguments(argv)).toEqual({ status: "wrong", error: containing("usage: ccr-agent run") });
});
