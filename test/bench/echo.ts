/** How much of what was shown is looked through: a text is shown in one piece or in a few. */
const KEPT = 10_000;

/** What a terminal shows, and who waits to see something there. */
export class Echo {
  #shown = "";
  readonly #wanted = new Map<string, () => void>();

  show(text: string): void {
    this.#shown = (this.#shown + text).slice(-KEPT);
    for (const [wanted, found] of this.#wanted) {
      if (!this.#shown.includes(wanted)) continue;
      this.#wanted.delete(wanted);
      found();
    }
  }

  /** Resolves when this text is shown from now on, in whatever pieces. */
  seen(text: string): Promise<void> {
    return new Promise((found) => {
      this.#wanted.set(text, found);
    });
  }
}
