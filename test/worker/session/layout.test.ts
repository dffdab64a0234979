import { expect, test } from "vitest";
import { layoutOf, MOST_MESSAGES } from "../../../src/session/layout.ts";

test.each([
  ["question", 1, "messages"],
  ["question", 2, "file"],
  ["question", 100, "file"],
  ["answer", 1, "messages"],
  ["answer", MOST_MESSAGES, "messages"],
  ["answer", MOST_MESSAGES + 1, "beginning and file"],
] as const)("a %s of %i messages goes as %s", (what, messages, layout) => {
  expect(layoutOf(messages, what)).toBe(layout);
});
