/**
 * An object has one alarm; this shares it among all that waits. Setting it costs a written row, so it is moved only
 * when something is due earlier: an alarm that rings early finds nothing to do and is set anew.
 */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  /** When it rings, in milliseconds since the epoch; null where it is off. */
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Reads when the alarm rings: once, in the constructor, before any event is let in. */
  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /**
   * Makes sure that the alarm rings at `at` or before. It is set before this first awaits, so it commits together with
   * what was written just before.
   */
  async ringBy(at: number): Promise<void> {
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    await this.#storage.setAlarm(at);
  }

  /** Call first in the alarm's handler: the alarm that rang is off. */
  rang(): void {
    this.#at = null;
  }
}

/** The earliest of several times; null where there is none. */
export function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce<number | null>((first, at) => (at === null ? first : Math.min(first ?? at, at)), null);
}
