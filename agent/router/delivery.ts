import type { OutboxItem } from "../store/outbox.ts";
import type { Answer } from "./api.ts";

/** What to do with the first item of a queue after the router has answered. */
export type Verdict =
  | { do: "done" }
  | { do: "again"; afterMs: number; error: string }
  /** The router does not know the session: register it, then send the item again. */
  | { do: "register" }
  /** Refused for good: noted, and the queue goes on. */
  | { do: "give up"; error: string };

const SECOND = 1_000;
const CAP = 60 * SECOND;
/** No Retry-After holds a notification back for longer than this. */
const RETRY_AFTER_CAP = 60 * 60 * SECOND;

/** Full jitter, as for the connection: see reconnect.ts. */
function backoff(attempt: number, random: number, atLeastMs: number): number {
  return Math.min(atLeastMs, RETRY_AFTER_CAP) + Math.floor(random * Math.min(CAP, SECOND * 2 ** Math.min(attempt, 16)));
}

/**
 * Judges an answer.
 * @param kind what was sent.
 * @param attempt how many attempts at this item failed before.
 * @param registered whether the session was registered just now because the router did not know it.
 * @param random from 0 to 1.
 */
export function afterAnswer(
  answer: Answer,
  kind: OutboxItem["kind"],
  attempt: number,
  registered: boolean,
  random: number,
): Verdict {
  const again = (error: string, atLeastMs: number): Verdict => ({
    do: "again",
    afterMs: backoff(attempt, random, atLeastMs),
    error,
  });
  if (answer.status === "ok") return { do: "done" };
  if (answer.status === "silent") return again(answer.error, 0);
  const { code, error } = answer;
  if (code === 404 && (kind === "unregister" || kind === "close")) return { do: "done" };
  if (code === 404 && kind === "notification") return registered ? again(error, 0) : { do: "register" };
  // A key that is rotated changes at the router first. Only an answer that stays says that it was revoked.
  if (code === 401 && attempt < 3) return again(error, 0);
  const isFinal = code >= 400 && code < 500 && code !== 408 && code !== 429;
  return isFinal
    ? { do: "give up", error: `${error} (${code})` }
    : again(`${error} (${code})`, answer.retryAfterMs ?? 0);
}
