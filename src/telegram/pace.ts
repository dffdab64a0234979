/** Counts what is done in each stretch of time. Forgotten with the object: a new one begins anew. */
export class Pace {
  readonly #most: number;
  readonly #stretchMs: number;
  #since = 0;
  #used = 0;

  constructor(most: number, stretchMs: number) {
    this.#most = most;
    this.#stretchMs = stretchMs;
  }

  /** When it may be done again, in milliseconds since the epoch; 0 where it may be now. */
  freeAt(now: number): number {
    const end = this.#since + this.#stretchMs;
    return now < end && this.#used >= this.#most ? end : 0;
  }

  /** It is done now. */
  use(now: number): void {
    if (now >= this.#since + this.#stretchMs) {
      this.#since = now;
      this.#used = 0;
    }
    this.#used += 1;
  }
}
