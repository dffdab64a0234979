/** After something that has no count of its tries failed: in milliseconds. */
export const RETRY_MS = 30_000;

const FIRST_MS = 1_000;
const CAP_MS = 5 * 60_000;

/** How long to wait before the next try: doubling from a second to five minutes, with up to half of it at random. */
export function retryDelay(tries: number): number {
  const delay = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(tries, 20));
  return Math.round(delay * (1 + Math.random() / 2));
}
