import { sameText } from "../address/same-text.ts";

/**
 * Whether a secret that came with a request is the configured one, in constant time. A secret that is not configured
 * equals nothing: an empty `expected` is always false.
 */
export async function sameSecret(given: string | null, expected: string): Promise<boolean> {
  if (expected === "") return false;
  return sameText(given ?? "", expected);
}
