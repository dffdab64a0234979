import { expect } from "vitest";

/** Vitest types its matchers as `any`; these say that nobody looks into them. */
export function containing(words: string): unknown {
  return expect.stringContaining(words);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export function aNumber(): unknown {
  return expect.any(Number);
}

export function someText(): unknown {
  return expect.any(String);
}
