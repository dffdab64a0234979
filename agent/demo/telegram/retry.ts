/**
 * When Telegram tries an update again: at once after the first failure, then after 2, 4, 8 … seconds up to a cap that is
 * drawn anew each time; where the answer says Retry-After, after that. (The public source: WebhookActor::on_update_error.)
 */
const CAP_SECONDS = 60;
const MAX_RETRY_AFTER_SECONDS = 3_600;

/** What is remembered of an update between two attempts. */
export interface Failures {
  count: number;
  /** The last delay that was doubled, in seconds. */
  delay: number;
}

export const NO_FAILURES: Failures = { count: 0, delay: 1 };

export type Retry = { status: "retry"; afterSeconds: number; failures: Failures } | { status: "give-up" };

/**
 * Decides after a failed attempt.
 * @param retryAfter seconds that the answer asked for, 0 where it asked for nothing
 * @param secondsLeft until the update is worth nothing
 * @param random in [0, 1)
 */
export function decideRetry(failures: Failures, retryAfter: number, secondsLeft: number, random: number): Retry {
  const asked = Math.min(Math.max(retryAfter, 0), MAX_RETRY_AFTER_SECONDS);
  const doubles = asked === 0 && failures.count > 0;
  const cap = CAP_SECONDS * (1 + random);
  const delay = doubles ? Math.min(cap, failures.delay * 2) : failures.delay;
  const afterSeconds = doubles ? delay : asked;
  if (afterSeconds > secondsLeft) return { status: "give-up" };
  return { status: "retry", afterSeconds, failures: { count: failures.count + 1, delay } };
}
