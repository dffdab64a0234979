import { type CommandState, isFinal } from "./command-state.ts";

/** What the user was shown of a command. */
export const RECEIPTS = ["none", "seen", "asleep", "held", "done", "failed", "unknown", "withdrawn"] as const;
export type Receipt = (typeof RECEIPTS)[number];

/** A command that is typed this fast gets no receipt but its outcome's, in milliseconds. */
export const QUIET_MS = 1_500;
/** What is held for less than this is typed before anybody has wondered why, in milliseconds. */
export const HELD_QUIET_MS = 2_000;
/** A command without an outcome is looked at again after this: its machine may have gone to sleep since. */
export const LOOK_AGAIN_MS = 60_000;
const LOOK_LATER_MS = 10 * 60_000;

/**
 * One emoji each, of the fixed list that bots may react with. An empty one takes the reaction away.
 * https://core.telegram.org/bots/api#reactiontypeemoji
 */
export const REACTIONS = {
  none: "",
  seen: "👀",
  asleep: "😴",
  held: "🤔",
  done: "👌",
  failed: "👎",
  unknown: "🤷",
  withdrawn: "",
} as const satisfies Record<Receipt, string>;

/** Which receipt a command's state calls for. */
export function receiptOf(state: CommandState, asleep: boolean): Receipt {
  switch (state) {
    case "offered":
      return asleep ? "asleep" : "seen";
    case "held":
      return asleep ? "asleep" : "held";
    case "accepted":
    case "typed":
      return "done";
    case "failed":
    case "expired":
      return "failed";
    case "unknown":
      return "unknown";
    case "cancelled":
      return "withdrawn";
  }
}

/** When to look at a command again after it was looked at; null once its outcome was shown. */
export function lookAgainAt(state: CommandState, acceptedAt: number, now: number): number | null {
  if (isFinal(state)) return null;
  return now < acceptedAt + LOOK_AGAIN_MS ? acceptedAt + LOOK_AGAIN_MS : now + LOOK_LATER_MS;
}
