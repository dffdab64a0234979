/** Lets so many things through in each stretch of time. Forgotten with the object: a new one begins with all of them. */
export class Pace {
  readonly #most: number;
  readonly #stretchMs: number;
  #since = 0;
  #taken = 0;

  constructor(most: number, stretchMs: number) {
    this.#most = most;
    this.#stretchMs = stretchMs;
  }

  /** Takes one turn. False where none is left at this moment: see `freeAt`. */
  take(now: number): boolean {
    if (now >= this.#since + this.#stretchMs) {
      this.#since = now;
      this.#taken = 0;
    }
    if (this.#taken === this.#most) return false;
    this.#taken += 1;
    return true;
  }

  /** When there is a turn again, in milliseconds since the epoch; 0 where there is one now. */
  freeAt(now: number): number {
    const end = this.#since + this.#stretchMs;
    return now < end && this.#taken === this.#most ? end : 0;
  }
}
