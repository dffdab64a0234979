import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { readBody } from "./request-body.ts";
import type { Update } from "./update.ts";

/** What came of one POST of an update. */
export type Posted =
  | { status: "answered"; code: number; reason: string; retryAfter: number; contentType: string; body: string }
  | { status: "failed"; reason: string };

/** More than any method that fits into an answer. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Posts one update, on a connection of its own, following no redirect. Never rejects: a connection that breaks is what
 * Telegram calls a failed attempt.
 */
export function postUpdate(
  webhook: { url: string; secretToken: string },
  update: Update,
  signal: AbortSignal,
): Promise<Posted> {
  const url = new URL(webhook.url);
  const body = JSON.stringify(update);
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  if (webhook.secretToken !== "") headers["x-telegram-bot-api-secret-token"] = webhook.secretToken;
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ status: "failed", reason: error.message });
    const outgoing = request(url, { method: "POST", headers, agent: false, signal }, (response) => {
      const answered = (answer: Buffer | undefined) =>
        resolve({
          status: "answered",
          code: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          retryAfter: Number(/^\d+$/.exec(response.headers["retry-after"] ?? "")?.[0] ?? 0),
          contentType: response.headers["content-type"] ?? "",
          body: answer?.toString() ?? "",
        });
      readBody(response, MAX_ANSWER_BYTES).then(answered, failed);
    });
    outgoing.on("error", failed);
    outgoing.end(body);
  });
}
