import { EventEmitter, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Moment } from "./plan.ts";

/** Who waits for a moment that does not come strikes all the same after so many milliseconds. */
const PATIENCE_MS = 2_000;

/** Tells those who wait for it that something passes. */
export class Moments {
  readonly #passing = new EventEmitter();

  passes(type: string): void {
    this.#passing.emit(type);
  }

  /** Resolves at the next such moment. */
  async come({ next, after }: Moment): Promise<void> {
    if (next === "now") return;
    const tooLong = AbortSignal.timeout(PATIENCE_MS);
    await once(this.#passing, next, { signal: tooLong }).catch((error: unknown) => {
      if (!tooLong.aborted) throw error;
    });
    await pause(after);
  }
}
