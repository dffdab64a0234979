import { describe, expect, test } from "vitest";
import { explainWebhook } from "../../agent/deploy/explain-webhook.ts";
import { publicUrl } from "../../agent/deploy/public-url.ts";

const URL_HERE = "https://router.example/webhook/telegram/path-secret";
const NOW = Date.UTC(2026, 10, 22, 12);
const GOOD = {
  url: URL_HERE,
  has_custom_certificate: false,
  pending_update_count: 0,
  allowed_updates: ["message", "edited_message", "callback_query"] as const,
};

function explain(changes: object, expected: string | undefined = URL_HERE): string {
  return explainWebhook({ ...GOOD, ...changes, allowed_updates: [...GOOD.allowed_updates] }, expected, NOW).join("\n");
}

function failing(last_error_message: string): string {
  return explain({ pending_update_count: 3, last_error_date: NOW / 1000 - 180, last_error_message });
}

describe("what a webhook's state means", () => {
  test("all is well", () => {
    expect(explain({})).toBe("Telegram delivers to https://router.example.\nNo update waits.");
  });

  test("no webhook", () => {
    expect(explain({ url: "" })).toContain("No webhook is set");
  });

  test("another router", () => {
    const text = explain({ url: "https://old.example/webhook/telegram/old-secret" });
    expect(text).toContain("delivers to https://old.example, not to https://router.example.");
    expect(text).not.toContain("secret");
  });

  test("another path secret", () => {
    expect(explain({ url: "https://router.example/webhook/telegram/old" })).toContain("under another path secret");
  });

  test("where the router is not known here, only the webhook's own origin is told", () => {
    const lines = explainWebhook({ ...GOOD, allowed_updates: [...GOOD.allowed_updates] }, undefined, NOW);
    expect(lines[0]).toBe("Telegram delivers to https://router.example.");
  });

  test.each([
    ["Wrong response from the webhook: 401 Unauthorized", "another webhook secret"],
    ["Wrong response from the webhook: 404 Not Found", "another path secret"],
    ["Wrong response from the webhook: 503 Service Unavailable", "repeats the update by itself"],
    ["Wrong response from the webhook: 500 Internal Server Error", "wrangler tail"],
    ["Read timeout expired", "wrangler tail"],
    ["Connection timed out", "took too long"],
    ["Failed to resolve host: Name or service not known", "cannot reach that name"],
  ])("%s", (message, meaning) => {
    const text = failing(message);
    expect(text).toContain("3 updates wait.");
    expect(text).toContain(`Last failed delivery: 3 minutes ago: ${message}`);
    expect(text).toContain(meaning);
  });

  test("a failure after which nothing waits is over", () => {
    expect(explain({ last_error_date: NOW / 1000 - 86_400 * 3, last_error_message: "Connection timed out" })).toContain(
      "3 days ago: Connection timed out\nThe router took too long. `npx wrangler tail` shows what it does.\nNo update waits, so that trouble is over.",
    );
  });

  test("kinds of updates that are not delivered", () => {
    const text = explainWebhook({ ...GOOD, allowed_updates: ["message"] }, URL_HERE, NOW).join("\n");
    expect(text).toContain("does not deliver edited_message, callback_query");
  });
});

describe("where a deployed Worker is", () => {
  test.each([
    [["https://ccr-router.someone.workers.dev"], "https://ccr-router.someone.workers.dev"],
    [["ccr-router.someone.workers.dev"], "https://ccr-router.someone.workers.dev"],
    [["https://ccr-router.someone.workers.dev", "router.example.org (custom domain)"], "https://router.example.org"],
    [["example.org/router/*", "schedule: * * * * *"], undefined],
    [[], undefined],
  ])("%j is at %s", (targets, url) => {
    expect(publicUrl(targets)).toBe(url);
  });
});
