import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "../private-files.ts";
import type { Environment } from "../environment.ts";
import { DeployError } from "./deploy-error.ts";
import { keepKnown, privateFolder, readKnown, type Known } from "./known.ts";
import { prompt } from "./prompt.ts";
import { publicUrl } from "./public-url.ts";
import { makeSecret, planSecrets, SECRET_NAMES, wrongWith, type SecretName } from "./secrets.ts";
import { answerOf, apiRoot, botApi } from "./telegram.ts";
import { deployWorker, requireLogin, secretsOnWorker } from "./wrangler.ts";

export interface DeployOptions {
  /** Everything but the upload; nothing is kept. */
  dryRun: boolean;
}

/**
 * Puts the router on Cloudflare: asks for what is missing, uploads the Worker with its secrets, says what comes next.
 * @throws {DeployError}
 */
export async function deploy(env: Environment, { dryRun }: DeployOptions): Promise<void> {
  const known = readKnown(env);
  if (!dryRun) await requireLogin();
  const plan = planSecrets(new Set(Object.keys(known.secrets)), dryRun ? new Set() : await secretsOnWorker());

  const upload: Partial<Record<SecretName, string>> = {};
  for (const name of SECRET_NAMES) {
    const value = await valueFor(name, plan[name], known, env);
    if (value !== undefined) upload[name] = value;
  }
  const username = await usernameOf(upload.TELEGRAM_BOT_TOKEN ?? "", env);
  say(`The bot is @${username}.`);

  // Kept before the upload: a repetition after a failure must not make other secrets.
  const remembered: Known = { ...known, secrets: { ...known.secrets, ...upload } };
  if (!dryRun) keepKnown(env, remembered);

  const secretsFile = join(privateFolder(env), `upload.${process.pid}.json`);
  writePrivateFile(secretsFile, JSON.stringify(upload));
  let targets: string[];
  try {
    targets = await deployWorker({ secretsFile, botUsername: username, dryRun });
  } finally {
    await rm(secretsFile);
  }
  if (dryRun) {
    say("A dry run: the Worker was built and checked with its secrets, nothing was uploaded or kept.");
    return;
  }
  const url = publicUrl(targets) ?? known.url;
  if (url === undefined) {
    throw new DeployError(
      "The Worker is deployed, but has no public address. Give it one (workers_dev or a custom domain in wrangler.toml) and deploy again.",
    );
  }
  keepKnown(env, { ...remembered, url });
  say(`The router is at ${url}\nNext: npm run webhook -- set`);
}

async function valueFor(
  name: SecretName,
  source: ReturnType<typeof planSecrets>[SecretName],
  known: Known,
  env: Environment,
): Promise<string | undefined> {
  switch (source) {
    case "known":
      return known.secrets[name];
    case "keep":
      return undefined;
    case "make":
      return makeSecret();
    case "ask":
      return name === "TELEGRAM_BOT_TOKEN" ? askForToken(env) : askForUsers();
  }
}

function askForToken(env: Environment): Promise<string> {
  return prompt({
    name: "TELEGRAM_BOT_TOKEN",
    text: "The bot's token (write /newbot to @BotFather to get one; it is not shown):",
    hidden: true,
    wrongWith: async (token) => {
      const wrong = wrongWith("TELEGRAM_BOT_TOKEN", token);
      if (wrong !== undefined) return wrong;
      const me = await answerOf(botApi(token, apiRoot(env)).getMe());
      return me.status === "refused" ? "Telegram does not know this token" : undefined;
    },
  });
}

function askForUsers(): Promise<string> {
  return prompt({
    name: "ALLOWED_USER_IDS",
    text: "The Telegram users who may command it, as numeric ids parted by commas (@userinfobot tells you yours):",
    wrongWith: (answer) => wrongWith("ALLOWED_USER_IDS", answer),
  });
}

async function usernameOf(token: string, env: Environment): Promise<string> {
  const me = await answerOf(botApi(token, apiRoot(env)).getMe());
  switch (me.status) {
    case "ok":
      return me.result.username;
    case "refused":
      throw new DeployError(
        `Telegram does not accept TELEGRAM_BOT_TOKEN (${me.code} ${me.reason}). Ask @BotFather for the token of your bot.`,
      );
    case "silent":
      throw new DeployError(`Telegram cannot be reached (${me.reason}). Try again when it can.`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
