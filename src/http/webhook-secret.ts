import { sameText } from "../address/same-text.ts";

/**
 * Whether a secret that came with a request is the configured one, in constant time. A secret that is not configured
 * equals nothing: an empty `expected` is always false.
 */
export function sameSecret(given: string | null, expected: string): boolean {
  return expected !== "" && sameText(given ?? "", expected);
}
