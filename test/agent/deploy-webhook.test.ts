import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { BOT_TOKEN, deployEnvironment, runDeployProgram, startTelegram } from "./deploy-harness.ts";

const PATH_SECRET = "canary-of-the-path-secret";
const WEBHOOK_SECRET = "canary-of-the-webhook-secret";

interface Delivery {
  path: string;
  secret: unknown;
}

/** A router that takes every update, as far as Telegram can tell. */
async function startRouter(): Promise<{ url: string; deliveries: Delivery[] }> {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    deliveries.push({ path: request.url ?? "", secret: request.headers["x-telegram-bot-api-secret-token"] });
    request.resume();
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, deliveries };
}

function settings(telegramUrl: string, routerUrl: string): Record<string, string> {
  return {
    TELEGRAM_API_ROOT: telegramUrl,
    TELEGRAM_BOT_TOKEN: BOT_TOKEN,
    TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    TELEGRAM_WEBHOOK_PATH_SECRET: PATH_SECRET,
    CCR_WORKER_URL: routerUrl,
  };
}

test("set lets Telegram deliver to the router, with both secrets, what was sent before too", async () => {
  const telegram = await startTelegram();
  const router = await startRouter();
  telegram.send({ chatId: 1001, userId: 1001, text: "sent before" });

  const env = await deployEnvironment(settings(telegram.url, router.url));
  const { status, output } = await runDeployProgram(["webhook", "set"], env);

  expect(output).toContain(`Telegram delivers to ${router.url}.`);
  expect(output).toContain("Next: send /pair NAME");
  expect(status).toBe(0);
  await telegram.idle();
  expect(router.deliveries).toEqual([{ path: `/webhook/telegram/${PATH_SECRET}`, secret: WEBHOOK_SECRET }]);
  const call = telegram.calls.find(({ method }) => method === "setWebhook");
  expect(call?.payload).toMatchObject({ allowed_updates: ["message", "edited_message", "callback_query"] });
});

test("delete stops the deliveries; what is sent then waits", async () => {
  const telegram = await startTelegram();
  const router = await startRouter();
  const env = await deployEnvironment(settings(telegram.url, router.url));
  await runDeployProgram(["webhook", "set"], env);

  const { status, output } = await runDeployProgram(["webhook", "delete"], env);
  telegram.send({ chatId: 1001, userId: 1001, text: "sent after" });

  expect(output).toContain("the bot hears nothing");
  expect(status).toBe(0);
  expect((await runDeployProgram(["webhook", "info"], env)).output).toContain("1 update waits.");
  expect(router.deliveries).toEqual([]);
});

test("delete keeps what waits already", async () => {
  const telegram = await startTelegram();
  const env = await deployEnvironment(settings(telegram.url, "https://router.example"));
  telegram.send({ chatId: 1001, userId: 1001, text: "sent before" });

  const { output } = await runDeployProgram(["webhook", "delete"], env);

  expect(output).toContain("Telegram keeps updates for 24 hours; 1 waits now.");
});

test("info says what is wrong, and shows no secret", async () => {
  const telegram = await startTelegram();
  const elsewhere = await deployEnvironment(settings(telegram.url, "http://127.0.0.1:9"));
  await runDeployProgram(["webhook", "set"], elsewhere);

  const here = await deployEnvironment(settings(telegram.url, "https://router.example"));
  const { output } = await runDeployProgram(["webhook", "info"], here);

  expect(output).toContain("delivers to http://127.0.0.1:9, not to https://router.example.");
  expect(output).not.toContain("canary");
});

test.each([
  ["a token that Telegram does not know", { TELEGRAM_BOT_TOKEN: "99:canary" }, "does not accept TELEGRAM_BOT_TOKEN"],
  ["a Telegram that does not answer", { TELEGRAM_API_ROOT: "http://127.0.0.1:9" }, "cannot be reached (ECONNREFUSED)"],
  [
    "a token that would travel unprotected",
    { TELEGRAM_API_ROOT: "http://telegram.example" },
    "must begin with https://",
  ],
  ["a malformed token", { TELEGRAM_BOT_TOKEN: "canary" }, "TELEGRAM_BOT_TOKEN must be the token"],
  ["no token", { TELEGRAM_BOT_TOKEN: "" }, "TELEGRAM_BOT_TOKEN is not known here"],
  ["no URL", { CCR_WORKER_URL: "" }, "The router's URL is not known here"],
])("%s: says so, shows no secret, ends with 1", async (_name, changes, said) => {
  const telegram = await startTelegram();
  const env = await deployEnvironment({ ...settings(telegram.url, "https://router.example"), ...changes });

  const { status, output } = await runDeployProgram(["webhook", "set"], env);

  expect(output).toContain(said);
  expect(output).not.toContain("canary");
  expect(status).toBe(1);
});

test("anything else gets the list of what can be said", async () => {
  const { status, output } = await runDeployProgram(["webhook", "drop"], await deployEnvironment({}));
  expect(output).toContain("npm run webhook -- set");
  expect(status).toBe(2);
});
