/** What a setTimeout can hold. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** One timer a session: when to look at it again. */
export class WakeUps {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #wake: (sessionId: string) => void;

  constructor(wake: (sessionId: string) => void) {
    this.#wake = wake;
  }

  /** In place of what was set before. It may come early where that is weeks away: look, and set it again. */
  set(sessionId: string, inMs: number): void {
    clearTimeout(this.#timers.get(sessionId));
    const wait = Math.min(Math.max(inMs, 1), LONGEST_TIMEOUT_MS);
    this.#timers.set(
      sessionId,
      setTimeout(() => {
        this.#timers.delete(sessionId);
        this.#wake(sessionId);
      }, wait),
    );
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
