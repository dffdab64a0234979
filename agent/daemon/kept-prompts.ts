import { createHash } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { errorCode, writePrivateFile } from "../private-files.ts";

/** Claude reads such a file at once, and may again in a later turn of the same work. Milliseconds. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000;

/** Texts that are too long to type, as files that only this user may read. */
export class KeptPrompts {
  readonly #folder: string;
  readonly #clock: Clock;

  /** @param folder holds nothing else. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Where a text is kept, if it is: the same for the same text. */
  pathOf(text: string): string {
    const name = createHash("sha256").update(text).digest("base64url").slice(0, 16);
    return join(this.#folder, `${name}.txt`);
  }

  /** Writes a text, or renews it. Returns its path. */
  keep(text: string): string {
    const path = this.pathOf(text);
    writePrivateFile(path, text);
    return path;
  }

  /** Deletes what nobody has sent for seven days. */
  prune(): void {
    const before = this.#clock.wall() - KEPT_MS;
    for (const name of this.#names()) {
      const path = join(this.#folder, name);
      const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (written !== undefined && written < before) rmSync(path, { force: true });
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return [];
      throw error;
    }
  }
}
