import * as fc from "fast-check";
import { expect, test } from "vitest";
import { headerLine, type Sign } from "../../../src/telegram/header.ts";

const FAMILY = "👨‍👩‍👧‍👦";

test.each<[Parameters<typeof headerLine>[0], string]>([
  [{ sign: "done", machine: "devbox", label: "api (main)" }, "✅ devbox · api (main)"],
  [{ sign: "question", machine: "devbox", label: "api", subject: "run Bash?" }, "❓ devbox · api: run Bash?"],
  [{ sign: "warning", machine: "devbox" }, "⚠️ devbox"],
  [{ sign: "info", machine: "devbox", subject: "hello" }, "💬 devbox: hello"],
  [{ sign: "done", machine: "devbox", label: " \n " }, "✅ devbox"],
  [{ sign: "done", machine: "devbox", label: "a\n\tb\u0000c\u2028d" }, "✅ devbox · a b c d"],
  [{ sign: "done", machine: "devbox", label: "\u202egnp.exe" }, "✅ devbox · gnp.exe"],
  [{ sign: "done", machine: "devbox", label: "half \ud83d a pair" }, "✅ devbox · half a pair"],
])("%j is written as %j", (parts, line) => expect(headerLine(parts)).toBe(line));

test("a longer line is cut with an ellipsis at 64 characters", () => {
  const line = headerLine({ sign: "done", machine: "devbox", label: "a".repeat(100) });
  expect(line).toBe(`✅ devbox · ${"a".repeat(52)}…`);
  expect(line).toHaveLength(64);
});

test("an emoji is never cut into pieces", () => {
  for (let shift = 0; shift < 12; shift++) {
    const line = headerLine({ sign: "done", machine: "devbox", label: "a".repeat(shift) + FAMILY.repeat(10) });
    expect(line.replaceAll(FAMILY, "")).toBe(`✅ devbox · ${"a".repeat(shift)}…`);
  }
});

test("whatever the parts are, it is one line of at most 64 units and begins with its sign", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom<Sign>("done", "question", "warning", "info"), text, text, (sign, label, subject) => {
      const line = headerLine({ sign, machine: "devbox", label, subject });
      expect(line.length).toBeLessThanOrEqual(64);
      expect(line).toMatch(/^(?:✅|❓|⚠️|💬) devbox/u);
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});
