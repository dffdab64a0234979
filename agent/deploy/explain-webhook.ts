import type { WebhookInfo } from "grammy/types";

/** The kinds of updates that the router understands; Telegram keeps the others to itself. */
export const ALLOWED_UPDATES = ["message", "edited_message", "callback_query"] as const;

const NEXT = "Next: npm run webhook -- set";

/**
 * Says in sentences how Telegram delivers to the router, and what to do about it.
 *
 * @param expected the webhook's full URL as far as it is known here; its secret part is never shown
 * @param now milliseconds since the epoch
 */
export function explainWebhook(info: WebhookInfo, expected: string | undefined, now: number): string[] {
  const lines = [...explainUrl(info.url ?? "", expected), explainPending(info.pending_update_count)];
  if (info.last_error_date !== undefined) {
    const message = info.last_error_message ?? "no reason given";
    lines.push(`Last failed delivery: ${agoOf(now - info.last_error_date * 1000)} ago: ${message}`);
    lines.push(...meaningOf(message));
    if (info.pending_update_count === 0) lines.push("No update waits, so that trouble is over.");
  }
  const missing = ALLOWED_UPDATES.filter((kind) => info.allowed_updates?.includes(kind) === false);
  if (missing.length > 0) lines.push(`Telegram does not deliver ${missing.join(", ")}. ${NEXT}`);
  return lines;
}

function explainUrl(url: string, expected: string | undefined): string[] {
  if (url === "") return [`No webhook is set: Telegram delivers nothing, and keeps updates for 24 hours. ${NEXT}`];
  const origin = URL.parse(url)?.origin ?? "an address that is no URL";
  if (expected === undefined || url === expected) return [`Telegram delivers to ${origin}.`];
  return origin === URL.parse(expected)?.origin
    ? [`Telegram delivers to ${origin}, but under another path secret. ${NEXT}`]
    : [`Telegram delivers to ${origin}, not to ${URL.parse(expected)?.origin ?? "this router"}. ${NEXT}`];
}

function explainPending(count: number): string {
  if (count === 0) return "No update waits.";
  return `${count} ${count === 1 ? "update waits" : "updates wait"}. They are delivered as soon as the router takes them.`;
}

/** Telegram words a refusal as "Wrong response from the webhook: 401 Unauthorized". */
function meaningOf(message: string): string[] {
  const status = /Wrong response from the webhook: (\d{3})/.exec(message)?.[1];
  if (status === "401") return [`The router holds another webhook secret than Telegram. ${NEXT}`];
  if (status === "404")
    return [`The router holds another path secret than Telegram, or is not deployed there. ${NEXT}`];
  if (status === "503") return ["The router was busy or restarting; Telegram repeats the update by itself."];
  if (status?.startsWith("5"))
    return ["The router failed. `npx wrangler tail` shows why; Telegram repeats the update by itself."];
  if (/timed? ?out/i.test(message)) return ["The router took too long. `npx wrangler tail` shows what it does."];
  if (/resolve host|certificate|SSL/i.test(message))
    return ["Telegram cannot reach that name. Is it the URL that `npm run deploy` printed?"];
  return [];
}

function agoOf(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
