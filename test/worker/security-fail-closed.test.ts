import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../src/index.ts";
import { watchLog } from "./support/log.ts";
import { OWNER } from "./support/machine.ts";
import { containing } from "./support/matching.ts";
import { write } from "./support/telegram.ts";

/** The webhook of a Worker that is configured otherwise. */
async function post(changed: Partial<Env>, path: string, secret: string): Promise<{ status: number; body: string }> {
  const update = await write({ chatId: OWNER, userId: OWNER, text: "/help" });
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://router.test/webhook/telegram/${path}`, {
    method: "POST",
    headers: { "X-Telegram-Bot-Api-Secret-Token": secret },
    body: JSON.stringify(update),
  });
  const response = await worker.fetch(request, { ...env, ...changed });
  return { status: response.status, body: await response.text() };
}

test.each([
  ["TELEGRAM_WEBHOOK_SECRET", ""],
  ["TELEGRAM_WEBHOOK_SECRET", "short"],
  ["TELEGRAM_WEBHOOK_PATH_SECRET", ""],
  ["TELEGRAM_WEBHOOK_PATH_SECRET", "with/a slash and more"],
  ["MACHINE_KEY_SECRET", ""],
  ["MACHINE_KEY_SECRET", "short"],
  ["TELEGRAM_BOT_TOKEN", "canary-token"],
  ["ALLOWED_USER_IDS", ""],
  ["ALLOWED_USER_IDS", "everybody"],
  ["ALLOWED_USER_IDS", "1001,,"],
])("with %s set to %j nothing is served, and the error names the variable and not its value", async (name, value) => {
  const log = watchLog();
  for (const secret of [env.TELEGRAM_WEBHOOK_SECRET, value]) {
    const { status, body } = await post(
      { [name]: value },
      env.TELEGRAM_WEBHOOK_PATH_SECRET,
      encodeURIComponent(secret),
    );
    expect(status).toBe(500);
    expect(JSON.parse(body)).toEqual({ error: containing(`${name} is `) });
    expect(`${body}${log.lines.join()}`).not.toContain(value || "no value");
  }
});

test("the secrets of another deployment open nothing here", async () => {
  const { TELEGRAM_WEBHOOK_SECRET: secret, TELEGRAM_WEBHOOK_PATH_SECRET: path } = env;
  expect((await post({}, path, secret)).status).toBe(200);
  expect((await post({ TELEGRAM_WEBHOOK_SECRET: "another-secret-16" }, path, secret)).status).toBe(401);
  expect((await post({ TELEGRAM_WEBHOOK_PATH_SECRET: "another-path-secret" }, path, secret)).status).toBe(404);
  // As when the allow-list is changed to somebody else: the same update is a stranger's.
  expect(await post({ ALLOWED_USER_IDS: "4242" }, path, secret)).toEqual({ status: 200, body: "" });
});
