import { type Arbitrary, boolean, constant, constantFrom, integer, nat, oneof, record } from "fast-check";
import type { About } from "./queue-paper.ts";

/** What happens to a machine's queue. */
export type Step =
  | { readonly do: "offer"; readonly count: number; readonly urgent: boolean; readonly days: number }
  | { readonly do: "connect" | "leave" | "evict" | "journal all" | "rename" }
  | { readonly do: About; readonly which: number }
  /** `fails`: its last write does, and takes back all that was written before. */
  | { readonly do: "strike" | "connect without a journal"; readonly fails: boolean }
  | { readonly do: "a day later"; readonly rings: boolean };

/** Some runs have more commands than are read for a connection at once, which is 64. */
const MANY = 90;

/** What makes the router read anew what waits is rare: between two of these it has to get far without. */
export const anyStep: Arbitrary<Step> = oneof(
  {
    weight: 6,
    arbitrary: record({
      do: constant("offer"),
      count: oneof({ weight: 5, arbitrary: integer({ min: 1, max: 30 }) }, { weight: 1, arbitrary: constant(MANY) }),
      urgent: oneof({ weight: 3, arbitrary: constant(false) }, { weight: 1, arbitrary: constant(true) }),
      days: constantFrom(0, 99),
    }),
  },
  { weight: 4, arbitrary: record({ do: constantFrom("connect", "connect", "connect", "leave", "evict", "rename") }) },
  { weight: 5, arbitrary: record({ do: constant("journal all") }) },
  {
    weight: 20,
    arbitrary: record({
      do: constantFrom(
        "journal",
        "journal",
        "journal",
        "result",
        "result",
        "cancel",
        "cancel",
        "edit",
        "edit",
        "offer again",
      ),
      which: nat(),
    }),
  },
  { weight: 2, arbitrary: record({ do: constantFrom("strike", "connect without a journal"), fails: boolean() }) },
  { weight: 1, arbitrary: record({ do: constant("a day later"), rings: boolean() }) },
);

/** How a run begins: with nothing, or with more on a new connection than the window takes, partly sent on one before. */
export const anyBeginning: Arbitrary<readonly Step[]> = constantFrom([], crowd(false), crowd(true));

/** Runs that are too rare to be left to chance: something happens to what was read ahead, or all has gone out before. */
export const RARE: [beginning: readonly Step[], steps: Step[]][] = [
  [crowd(false), [{ do: "edit", which: 1 }]],
  [crowd(false), [{ do: "result", which: 1 }]],
  [crowd(false), [{ do: "cancel", which: 1 }]],
  [crowd(false), [{ do: "journal all" }, { do: "cancel", which: 1 }]],
  [crowd(true), [{ do: "journal all" }]],
  [[], [{ do: "offer", count: 3, urgent: false, days: 99 }, { do: "connect" }]],
];

function crowd(urgent: boolean): Step[] {
  return [{ do: "offer", count: MANY, urgent, days: 99 }, { do: "journal all" }, { do: "connect" }];
}
