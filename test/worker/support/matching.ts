import { expect } from "vitest";

/** vitest types its asymmetric matchers as `any`; nothing here may be that. */
export function containing(part: string): unknown {
  return expect.stringContaining(part);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export function anyNumber(): unknown {
  return expect.any(Number);
}

export function anyText(): unknown {
  return expect.any(String);
}
