/** Whether a prompt that is being typed was taken. */
export class Proof {
  readonly text: string;
  readonly #settled = Promise.withResolvers<void>();
  #state: "open" | "taken" | "gone" = "open";

  constructor(text: string) {
    this.text = text;
  }

  get state(): "open" | "taken" | "gone" {
    return this.#state;
  }

  settle(state: "taken" | "gone"): void {
    this.#state = state;
    this.#settled.resolve();
  }

  /** Resolves when it is settled, or after so many milliseconds. */
  async within(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    await Promise.race([this.#settled.promise, late.promise]);
    clearTimeout(timer);
  }
}
