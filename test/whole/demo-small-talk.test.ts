import { describe, expect, test } from "vitest";
import { turn } from "../../agent/demo/small-talk.ts";

describe("what the demo's program makes of a line", () => {
  test("tests lead to a fix, a fix to a commit, by Yes alone", () => {
    const tests = turn("Run the tests", "idle");
    expect(tests).toMatchObject({ topic: "fix", buttons: [{ action: "yes" }, { action: "no" }] });
    const fix = turn("y", tests.topic);
    expect(fix).toMatchObject({ topic: "ship" });
    expect(turn("y", fix.topic)).toMatchObject({ topic: "shipped" });
  });

  test("No leaves things as they are", () => {
    const { topic, answer } = turn("n", "fix");
    expect(topic).toBe("idle");
    expect(answer).toContain("leave it");
  });

  test("an empty Enter goes on with what is open", () => {
    expect(turn("", "fix")).toEqual(turn("y", "fix"));
  });

  test("anything else is done and repeated, so that it can be seen to have arrived", () => {
    expect(turn("paint it blue", "idle").answer).toBe("Done: paint it blue");
  });

  test("a log is far longer than eight messages of Telegram, and short enough for an argument", () => {
    const { answer } = turn("show the log", "idle");
    expect(answer.length).toBeGreaterThan(9 * 4096);
    expect(Buffer.byteLength(answer)).toBeLessThan(120_000);
  });

  test("every action fits into a button of Telegram", () => {
    const lines = ["hello", "run the tests", "what changed?", "y", "n", "", "something"];
    const actions = lines.flatMap((line) => turn(line, "fix").buttons.map(({ action }) => action));
    expect(actions.filter((action) => Buffer.byteLength(action) > 31)).toEqual([]);
  });
});
