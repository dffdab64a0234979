import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameOf } from "../../../src/telegram/file-name.ts";

test.each([
  ["question", "run Bash?", "markdown", "question-run-Bash.md"],
  ["question", "go on with this plan?", "markdown", "question-go-on-with-this-plan.md"],
  ["question", "Größe", "plain", "question-Gro-e.txt"],
  ["question", "Café", "plain", "question-Cafe.txt"],
  ["answer", "", "plain", "answer.txt"],
  ["answer", "テスト", "plain", "answer.txt"],
  ["question", "../../etc/passwd", "plain", "question-etc-passwd.txt"],
  ["question", "C:\\con\u0000\r\nX-Evil: 1", "plain", "question-C-con-X-Evil-1.txt"],
  ["answer", "x".repeat(64), "markdown", `answer-${"x".repeat(40)}.md`],
  ["answer", `${"x".repeat(39)} y`, "markdown", `answer-${"x".repeat(39)}.md`],
] as const)("a file of a %s about %j (%s) is %s", (what, subject, format, name) => {
  expect(fileNameOf(what, subject, format)).toBe(name);
});

test("whatever the subject is, the name needs no quotes and is no path", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (subject) => {
      expect(fileNameOf("question", subject, "plain")).toMatch(/^question(?:-[A-Za-z0-9]+)*\.txt$/);
    }),
  );
});
