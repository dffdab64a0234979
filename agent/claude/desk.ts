/** Who typed at the terminal this recently sits there, in milliseconds: the end of that turn is no news. */
export const AT_DESK_MS = 5 * 60_000;

/** Whether the user sits at a session's terminal, as far as what was typed there tells. */
export class Desk {
  #typedAt: number | null = null;

  /** A prompt was typed at the terminal. @param now by the wall clock. */
  used(now: number): void {
    this.#typedAt = now;
  }

  /** A prompt came from the phone. */
  left(): void {
    this.#typedAt = null;
  }

  isTaken(now: number): boolean {
    return this.#typedAt !== null && now - this.#typedAt < AT_DESK_MS;
  }
}
