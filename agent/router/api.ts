import * as v from "valibot";
import { ErrorReply } from "../../src/protocol.ts";
import { errorCode } from "../private-files.ts";
import { retryAfterMs } from "./reconnect.ts";

/** What came of a call: an answer of the router, or none that can be trusted to be its. */
export type Answer =
  | { status: "ok"; body: unknown }
  | { status: "refused"; code: number; error: string; retryAfterMs: number | null }
  | { status: "silent"; error: string };

/** A call that takes longer is given up; the router itself waits for Telegram for less. */
const CALL_WITHIN_MS = 30_000;

/** Only a word of the router's own is for people: a proxy's page is not. */
function said(text: string): string | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ErrorReply), text);
  return parsed.success ? parsed.output.error.slice(0, 300) : null;
}

function parseJson(text: string): unknown {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
  return parsed.success ? parsed.output : null;
}

function networkError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return `no answer within ${CALL_WITHIN_MS / 1_000} s`;
  // fetch says "fetch failed"; its cause says why.
  const code = errorCode(error.cause ?? error);
  return code === "unknown" ? error.message : code;
}

/**
 * POSTs JSON to the router. Never throws.
 * @param key the machine's key, where the call needs it.
 */
export async function post(origin: string, path: string, body: unknown, key?: string): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, origin), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      // A redirect would carry the key to somebody else.
      redirect: "manual",
      signal: AbortSignal.timeout(CALL_WITHIN_MS),
    });
    const text = await response.text();
    if (response.ok) return { status: "ok", body: parseJson(text) };
    return {
      status: "refused",
      code: response.status,
      error: said(text) ?? `the router answered ${response.status}`,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), Date.now()),
    };
  } catch (error) {
    return { status: "silent", error: networkError(error) };
  }
}
