import * as v from "valibot";
import { type Outcome, Outcome as OutcomeSchema } from "../protocol.ts";
import type { Offer } from "./offer.ts";

/** A command that has no outcome yet, or one whose outcome its SessionDO has not taken yet. */
export interface QueueRow extends Offer {
  /** Whose machine this was when it took the command. */
  readonly ownerId: number;
  /** The connection on which it was last sent; null: never sent, so nobody but this queue knows of it. */
  readonly sentOn: number | null;
  /** The agent is to be asked to cancel it, instead of being sent it again. */
  readonly cancelling: boolean;
  readonly ended: { readonly outcome: Outcome; readonly error: string | null; readonly tries: number } | null;
}

/** What is kept in memory of each row. */
export interface KnownRow extends Pick<QueueRow, "id" | "ownerId" | "sessionId" | "sentOn"> {
  readonly outcome: Outcome | null;
}

/** A row whose shape the code at hand did not write: the schema is the edge here. */
const Row = v.object({
  id: v.string(),
  owner_id: v.number(),
  session_id: v.string(),
  kind: v.string(),
  command: v.string(),
  nonce: v.nullable(v.string()),
  choice: v.nullable(v.string()),
  expires_at: v.number(),
  sent_on: v.nullable(v.number()),
  cancelling: v.number(),
  outcome: v.nullable(OutcomeSchema),
  error: v.nullable(v.string()),
  hand_on_tries: v.number(),
});

/** @throws where the row has a shape that no version of this code wrote */
export function toQueueRow(row: unknown): QueueRow {
  const { owner_id, session_id, expires_at, sent_on, outcome, error, nonce, choice, hand_on_tries, ...same } = v.parse(
    Row,
    row,
  );
  return {
    id: same.id,
    ownerId: owner_id,
    kind: same.kind,
    sessionId: session_id,
    command: same.command,
    ...(nonce === null ? {} : { nonce }),
    ...(choice === null ? {} : { choice }),
    expiresAt: expires_at,
    sentOn: sent_on,
    cancelling: same.cancelling === 1,
    ended: outcome === null ? null : { outcome, error, tries: hand_on_tries },
  };
}

const Known = v.pick(Row, ["id", "owner_id", "session_id", "sent_on", "outcome"]);

/** Reads the columns `KNOWN_COLUMNS`. */
export function toKnownRow(row: unknown): KnownRow {
  const { id, owner_id, session_id, sent_on, outcome } = v.parse(Known, row);
  return { id, ownerId: owner_id, sessionId: session_id, sentOn: sent_on, outcome };
}

export const KNOWN_COLUMNS = Object.keys(Known.entries).join(", ");
