import { logError } from "../log.ts";
import { earliest } from "./alarm-clock.ts";
import { RETRY_MS } from "./backoff.ts";

/** Something that waits in an object: does what is due, and says when it wants to be asked again, null for never. */
export type Chore = readonly [what: string, work: (now: number) => number | null | Promise<number | null>];

/**
 * What an alarm does: every chore, whatever becomes of the others. The platform drops an alarm that failed six times,
 * so none may. Returns when the alarm has to ring next, null where nothing waits any more.
 */
export async function runChores(chores: readonly Chore[], now: number): Promise<number | null> {
  const again: (number | null)[] = [];
  for (const [what, work] of chores) {
    try {
      again.push(await work(now));
    } catch (error) {
      logError("alarm.failed", error, { what });
      again.push(now + RETRY_MS);
    }
  }
  return earliest(again);
}
