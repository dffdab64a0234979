/**
 * What an object keeps in memory of its storage. All of it is forgotten together, where nobody can be sure of it any
 * more: a transaction was rolled back, or everything was deleted.
 */
export class Memory {
  readonly #forget: (() => void)[] = [];

  /** Reads something when it is first asked for, and keeps it until it is forgotten. */
  keep<Value>(read: () => Value): Kept<Value> {
    const kept = new Kept(read);
    this.onForget(() => kept.forget());
    return kept;
  }

  /** For what is kept in another way. */
  onForget(forget: () => void): void {
    this.#forget.push(forget);
  }

  forget(): void {
    for (const forget of this.#forget) forget();
  }
}

/** Something that is read once, and again after it was forgotten: call that before it is written. */
export class Kept<Value> {
  readonly #read: () => Value;
  #kept: { readonly value: Value } | undefined;

  constructor(read: () => Value) {
    this.#read = read;
  }

  get value(): Value {
    this.#kept ??= { value: this.#read() };
    return this.#kept.value;
  }

  forget(): void {
    this.#kept = undefined;
  }
}
