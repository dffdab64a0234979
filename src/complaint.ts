import * as v from "valibot";

type Issues = readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]];

/**
 * The first thing that is wrong in what was sent, and where. Its value is left out, unlike in valibot's own words: it
 * may be a secret in the wrong place.
 */
export function complaintOf([first]: Issues): string {
  const path = v.getDotPath(first) ?? "it";
  if (!first.message.startsWith("Invalid ")) return `${path}: ${first.message}`.slice(0, 500);
  if (first.received === "undefined") return `${path} is missing`;
  return `${path} is not ${first.expected ?? "what it should be"}`.slice(0, 500);
}
