import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import type { Clock } from "../clock.ts";

/** How far the user has come with what Claude asks. */
const AskProgress = v.object({
  /** How many answers were given: each has a card of its own. */
  step: v.number(),
  /** What was chosen for each question that is done, by its text. */
  answers: v.record(v.string(), v.array(v.string())),
  /** What was chosen so far for the present one. */
  chosen: v.array(v.string()),
});
export type AskProgress = v.InferOutput<typeof AskProgress>;

const Row = v.object({ progress: v.pipe(v.string(), v.parseJson(), AskProgress) });

/** A hook waits for a day at most: what is older belongs to none. Milliseconds. */
const KEPT_MS = 48 * 60 * 60 * 1_000;

/** What was answered so far of questions that are still open, kept over a restart of the agent. */
export class AskStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  read(name: string): AskProgress | undefined {
    const row = this.#database.prepare("SELECT progress FROM ask WHERE name = ?").get(name);
    return row === undefined ? undefined : v.parse(Row, row).progress;
  }

  save(name: string, progress: AskProgress): void {
    this.#database
      .prepare(
        `INSERT INTO ask (name, progress, at) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET progress = excluded.progress`,
      )
      .run(name, JSON.stringify(progress), this.#clock.wall());
  }

  remove(name: string): void {
    this.#database.prepare("DELETE FROM ask WHERE name = ?").run(name);
  }

  /** Forgets what no hook can come back for. */
  prune(): void {
    this.#database.prepare("DELETE FROM ask WHERE at < ?").run(this.#clock.wall() - KEPT_MS);
  }
}
