import { type Outcome, OUTCOMES } from "../protocol.ts";

/** How far a command has come, as its SessionDO stores it. What lies between offer and outcome is asked for, not stored. */
export type CommandState = "offered" | "held" | Outcome;

export const COMMAND_STATES: readonly CommandState[] = ["offered", "held", ...OUTCOMES];

export function isFinal(state: CommandState): state is Outcome {
  return state !== "offered" && state !== "held";
}

/**
 * Whether a command in state `from` may go to `to`. State only rises, and there is one outcome; only `unknown` may be
 * put right by a result that knows better: once, since what it becomes is final.
 */
export function mayBecome(from: CommandState, to: CommandState): boolean {
  if (from === "unknown") return isFinal(to) && to !== "unknown";
  if (isFinal(from)) return false;
  return isFinal(to) || (from === "offered" && to === "held");
}
