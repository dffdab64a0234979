import { expect } from "vitest";

/** Any text that holds `part`. Vitest's own matchers are typed as `any`. */
export function containing(part: string): unknown {
  return expect.stringContaining(part);
}

/** Any text that fits `pattern`. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
