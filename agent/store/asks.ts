import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { statement } from "./database.ts";

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

/** What is remembered of an open question. */
export interface StoredAsk {
  /** What its cards are called: another hook may have asked it first. */
  name: string;
  progress: AskProgress;
  /** Until when it is held back from the terminal, by the wall clock; null where it is asked there too. */
  heldUntil: number | null;
  /** Null where an agent before this column wrote it. */
  sessionId: string | null;
  /** The nonce of the card that is on the phone, or about to be; null as above. */
  shown: string | null;
}

/** A card that is on the phone. */
export interface ShownCard {
  /** The hook that waits for its answer. */
  hook: string;
  sessionId: string;
  nonce: string;
}

const Row = v.object({
  name: v.string(),
  progress: v.pipe(v.string(), v.parseJson(), AskProgress),
  held_until: v.nullable(v.number()),
  session_id: v.nullable(v.string()),
  shown: v.nullable(v.string()),
});
const ShownRow = v.object({ hook: v.string(), session_id: v.string(), shown: v.string() });

/** A hook waits for a day at most: what is older belongs to none. Milliseconds. */
const KEPT_MS = 48 * 60 * 60 * 1_000;

/** What has to outlive a restart of the agent about questions that are open, by the hook that waits for each. */
export class AskStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  read(hook: string): StoredAsk | undefined {
    const row = statement(this.#database, "SELECT * FROM ask WHERE hook = ?").get(hook);
    if (row === undefined) return undefined;
    const { held_until: heldUntil, session_id: sessionId, ...rest } = v.parse(Row, row);
    return { ...rest, heldUntil, sessionId };
  }

  /** The cards that are on the phone. */
  shown(): ShownCard[] {
    return statement(
      this.#database,
      "SELECT hook, session_id, shown FROM ask WHERE shown IS NOT NULL AND session_id IS NOT NULL",
    )
      .all()
      .map((row) => {
        const { hook, session_id: sessionId, shown: nonce } = v.parse(ShownRow, row);
        return { hook, sessionId, nonce };
      });
  }

  save(hook: string, { name, progress, heldUntil, sessionId, shown }: StoredAsk): void {
    statement(
      this.#database,
      `INSERT OR REPLACE INTO ask (hook, name, progress, held_until, at, session_id, shown)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(hook, name, JSON.stringify(progress), heldUntil, this.#clock.wall(), sessionId, shown);
  }

  /** The session goes on under another name. */
  renameSession(from: string, to: string): void {
    statement(this.#database, "UPDATE ask SET session_id = ? WHERE session_id = ?").run(to, from);
  }

  remove(hook: string): void {
    statement(this.#database, "DELETE FROM ask WHERE hook = ?").run(hook);
  }

  /** Forgets what no hook can come back for. */
  prune(): void {
    statement(this.#database, "DELETE FROM ask WHERE at < ?").run(this.#clock.wall() - KEPT_MS);
  }
}
