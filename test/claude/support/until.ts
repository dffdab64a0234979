import { vi } from "vitest";

/** The CLI starts in seconds on a small machine; everything else is faster. */
const WITHIN_MS = 30_000;

/** Waits for a condition, and says which one did not come true. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const check = async (): Promise<void> => {
    if (!(await isTrue())) throw new Error(`it never came true that ${what}`);
  };
  await vi.waitFor(check, { timeout: WITHIN_MS, interval: 50 });
}
