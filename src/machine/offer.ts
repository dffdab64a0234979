/** What passes between a SessionDO and a MachineDO by RPC. */
import type { Outcome } from "../protocol.ts";

/** A command that a SessionDO asks a MachineDO to carry. */
export interface Offer {
  readonly id: string;
  /** A `CommandKind`, unless a newer router made it: in the middle of a deploy, or before it was rolled back. */
  readonly kind: string;
  readonly sessionId: string;
  readonly command: string;
  readonly nonce?: string;
  readonly choice?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a MachineDO made of an offer. `taken` is a promise to report an outcome; all else leaves nothing behind. */
export type Offered =
  | { readonly id: string; readonly status: "taken"; readonly asleep: Asleep | null }
  | { readonly id: string; readonly status: "not-here" }
  | { readonly id: string; readonly status: "final"; readonly outcome: Outcome; readonly error: string };

/** The machine has no live connection. `since` is null where it was never seen. */
export interface Asleep {
  readonly since: number | null;
}

/** What became of a command, as the machine that carried it reports it to the SessionDO that owns it. */
export interface Result {
  readonly name: string;
  readonly outcome: Outcome;
  readonly error: string | null;
  /** What it said in the end, where this machine still has it: an edit may have come no further than here. */
  readonly text?: string | undefined;
}

/** Who reports: a SessionDO takes a result only from the machine and the owner written in the command. */
export interface Reporter {
  readonly machineId: string;
  readonly ownerId: number;
}

/** What became of cancelling: `asked` where the command had left, and the agent has to say. */
export interface CancelAnswer {
  readonly id: string;
  readonly status: "cancelled" | "asked" | "not-here";
}

/** Why a session leaves a machine's index. */
export type Leaving = { readonly how: "moved"; readonly to: string } | { readonly how: "ended"; readonly why: string };
