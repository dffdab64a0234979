import type { Api } from "grammy";
import type { Environment } from "../environment.ts";
import { DeployError } from "./deploy-error.ts";
import { ALLOWED_UPDATES, explainWebhook } from "./explain-webhook.ts";
import { readKnown, type Known } from "./known.ts";
import type { SecretName } from "./secrets.ts";
import { answerOf, apiRoot, botApi } from "./telegram.ts";

/** Telegram's own default of 1 to 100 connections at a time; a chat's messages come one by one in any case. */
const MAX_CONNECTIONS = 40;

export type WebhookAction = "set" | "info" | "delete";

/**
 * Points the bot at the router, says how that goes, or takes the bot away. Updates that wait are never dropped: a
 * person believes them sent.
 * @throws {DeployError}
 */
export async function webhook(env: Environment, action: WebhookAction): Promise<void> {
  const known = readKnown(env);
  const api = botApi(secret(known, "TELEGRAM_BOT_TOKEN"), apiRoot(env));
  switch (action) {
    case "set":
      return set(api, known);
    case "info":
      return info(api, known);
    case "delete":
      return remove(api);
  }
}

async function set(api: Api, known: Known): Promise<void> {
  const url = webhookUrl(known);
  if (url === undefined) {
    throw new DeployError(
      "The router's URL is not known here. Run `npm run deploy`, or set CCR_WORKER_URL and TELEGRAM_WEBHOOK_PATH_SECRET.",
    );
  }
  await resultOf(
    api.setWebhook(url, {
      secret_token: secret(known, "TELEGRAM_WEBHOOK_SECRET"),
      allowed_updates: ALLOWED_UPDATES,
      max_connections: MAX_CONNECTIONS,
    }),
  );
  await info(api, known);
  say("Next: send /pair NAME to the bot, for the first machine.");
}

async function info(api: Api, known: Known): Promise<void> {
  const state = await resultOf(api.getWebhookInfo());
  say(explainWebhook(state, webhookUrl(known), Date.now()).join("\n"));
}

async function remove(api: Api): Promise<void> {
  await resultOf(api.deleteWebhook());
  const { pending_update_count: pending } = await resultOf(api.getWebhookInfo());
  say(
    `The webhook is gone: the bot hears nothing. Telegram keeps updates for 24 hours; ${pending} ${pending === 1 ? "waits" : "wait"} now.`,
  );
}

function webhookUrl({ url, secrets }: Known): string | undefined {
  const path = secrets.TELEGRAM_WEBHOOK_PATH_SECRET;
  return url === undefined || path === undefined ? undefined : `${url}/webhook/telegram/${path}`;
}

function secret(known: Known, name: SecretName): string {
  const value = known.secrets[name];
  if (value === undefined)
    throw new DeployError(`${name} is not known here. Run \`npm run deploy\`, or set it in the environment.`);
  return value;
}

async function resultOf<Result>(call: Promise<Result>): Promise<Result> {
  const answer = await answerOf(call);
  switch (answer.status) {
    case "ok":
      return answer.result;
    case "refused":
      // Telegram says 404 to what does not even look like a token.
      if (answer.code === 401 || answer.code === 404)
        throw new DeployError("Telegram does not accept TELEGRAM_BOT_TOKEN. Ask @BotFather for the token of your bot.");
      throw new DeployError(`Telegram refuses: ${answer.code} ${answer.reason}`);
    case "silent":
      throw new DeployError(`Telegram cannot be reached (${answer.reason}). Try again when it can.`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
