/** The bot of all Worker tests. */
export const BOT = { token: "123456:TEST-bot-token", username: "ccr_test_bot" } as const;

/**
 * What the Worker under test is configured with. Each call starts another stand-in for Telegram, so that test files
 * running side by side never see each other's messages although they know the same people.
 *
 * @param nurseryUrl where the global setup starts stand-ins (see telegram-nursery.ts)
 */
export async function workerBindings(nurseryUrl: string): Promise<Record<string, string>> {
  const response = await fetch(nurseryUrl, { method: "POST" });
  const answer = await response.text();
  if (!response.ok) throw new Error(`The stand-in for Telegram did not start: ${answer}`);
  return {
    TELEGRAM_API_ROOT: answer,
    TELEGRAM_BOT_TOKEN: BOT.token,
    TELEGRAM_BOT_USERNAME: BOT.username,
    TELEGRAM_WEBHOOK_SECRET: "test-webhook-secret",
    TELEGRAM_WEBHOOK_PATH_SECRET: "test-path-secret",
    MACHINE_KEY_SECRET: "test-machine-key-secret",
    ALLOWED_USER_IDS: "1001,1002,1003",
  };
}
