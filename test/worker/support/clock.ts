import { onTestFinished, vi } from "vitest";

const now = Date.now.bind(Date);
let ahead = 0;

/**
 * Puts the clock forward, for the Worker and for the test: they share an isolate. It goes on running. The runtime's own
 * clock stays: an alarm that was set for a time that is skipped has to be rung by hand. Undone when the test ends.
 */
export function putForward(ms: number): void {
  if (ahead === 0) {
    vi.spyOn(Date, "now").mockImplementation(() => now() + ahead);
    onTestFinished(() => {
      ahead = 0;
      vi.mocked(Date.now).mockRestore();
    });
  }
  ahead += ms;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
