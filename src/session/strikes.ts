import * as v from "valibot";
import { Emptiness } from "../actor/emptiness.ts";
import type { Memory } from "../actor/memory.ts";
import { retryDelay } from "../actor/backoff.ts";
import type { Leaving } from "../machine/offer.ts";

const Row = v.object({
  machine_id: v.string(),
  owner_id: v.number(),
  leaving: v.pipe(
    v.string(),
    v.parseJson(),
    v.variant("how", [
      v.object({ how: v.literal("moved"), to: v.string() }),
      v.object({ how: v.literal("ended"), why: v.string() }),
    ]),
  ),
  tries: v.number(),
});

/** A machine that has yet to hear that this session left it. */
export interface Strike {
  readonly machineId: string;
  readonly ownerId: number;
  readonly leaving: Leaving;
  readonly tries: number;
}

/** The machines that still have to strike this session from their index: repeated until each has. */
export class Strikes {
  readonly #sql: SqlStorage;
  readonly #emptiness: Emptiness;

  constructor(storage: DurableObjectStorage, memory: Memory) {
    this.#sql = storage.sql;
    this.#emptiness = new Emptiness(storage.sql, "strike", memory);
  }

  add(machineId: string, ownerId: number, leaving: Leaving, now: number): void {
    this.#emptiness.doubt();
    this.#sql.exec(
      "INSERT OR REPLACE INTO strike (machine_id, owner_id, leaving, due_at) VALUES (?, ?, ?, ?)",
      machineId,
      ownerId,
      JSON.stringify(leaving),
      now,
    );
  }

  due(now: number): Strike[] {
    if (this.#emptiness.isEmpty) return [];
    return this.#sql
      .exec("SELECT machine_id, owner_id, leaving, tries FROM strike WHERE due_at <= ?", now)
      .toArray()
      .map((row) => {
        const parsed = v.parse(Row, row);
        return { machineId: parsed.machine_id, ownerId: parsed.owner_id, leaving: parsed.leaving, tries: parsed.tries };
      });
  }

  again({ machineId, tries }: Strike, now: number): void {
    this.#sql.exec(
      "UPDATE strike SET due_at = ?, tries = tries + 1 WHERE machine_id = ?",
      now + retryDelay(tries),
      machineId,
    );
  }

  /** The machine did it, or the session is back on it. */
  done(machineId: string): void {
    this.#sql.exec("DELETE FROM strike WHERE machine_id = ?", machineId);
  }

  nextDue(): number | null {
    if (this.#emptiness.isEmpty) return null;
    return this.#sql.exec<{ due: number | null }>("SELECT MIN(due_at) AS due FROM strike").one().due;
  }
}
