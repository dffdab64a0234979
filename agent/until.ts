import { setTimeout as delay } from "node:timers/promises";

const LOOK_EVERY_MS = 25;

/**
 * Waits until `look` finds what it looks for: anything but undefined and false.
 *
 * @param what for the error, after "waited for"
 * @param details what the error adds: what could be seen instead
 * @throws Error after `withinMs`
 */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  { withinMs = 20_000, details }: { withinMs?: number; details?: () => string } = {},
): Promise<Found> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      const seen = details === undefined ? "" : `\n${details()}`;
      throw new Error(`Waited ${withinMs / 1_000} s for ${what}, in vain.${seen}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}
