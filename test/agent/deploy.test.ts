import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spawn } from "node-pty";
import { expect, onTestFinished, test, vi } from "vitest";
import { BOT_TOKEN, DEPLOY_PROGRAM, deployEnvironment, runDeployProgram, startTelegram } from "./deploy-harness.ts";
import { StandInCloudflare, type Binding } from "./stand-in-cloudflare.ts";

// A deployment runs wrangler three times, and each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 });

async function startCloudflare(): Promise<StandInCloudflare> {
  const cloudflare = await StandInCloudflare.start();
  onTestFinished(() => cloudflare.stop());
  return cloudflare;
}

/** An environment in which wrangler is logged in, and speaks to the stand-in. */
function loggedIn(cloudflare: StandInCloudflare): Record<string, string> {
  return {
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    CLOUDFLARE_API_TOKEN: "any",
    // Keeps wrangler from remembering the stand-in's account in node_modules.
    CLOUDFLARE_ACCOUNT_ID: "account-1",
  };
}

function textOf(upload: readonly Binding[] | undefined, name: string): string | undefined {
  return upload?.find((binding) => binding.name === name)?.text;
}

async function keep(env: Record<string, string>, text: string): Promise<string> {
  const folder = env["CCR_DEPLOY_FOLDER"] ?? "";
  await mkdir(folder, { mode: 0o700 });
  const path = join(folder, "known.json");
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

test("the first deployment uploads the Worker with all its secrets, and keeps them for the next", async () => {
  const [telegram, cloudflare] = [await startTelegram(), await startCloudflare()];
  const asked = { TELEGRAM_API_ROOT: telegram.url, TELEGRAM_BOT_TOKEN: BOT_TOKEN, ALLOWED_USER_IDS: "1001" };
  const env = await deployEnvironment({ ...loggedIn(cloudflare), ...asked });

  const first = await runDeployProgram(["deploy"], env);

  expect(first.output).toContain("The bot is @my_router_bot.");
  expect(first.output).toContain(
    "The router is at https://ccr-router.someone.workers.dev\nNext: npm run webhook -- set",
  );
  expect(first.output).not.toContain("canary");
  expect(first.status).toBe(0);
  const [upload] = cloudflare.uploads;
  expect(textOf(upload, "TELEGRAM_BOT_USERNAME")).toBe("my_router_bot");
  expect(textOf(upload, "TELEGRAM_BOT_TOKEN")).toBe(BOT_TOKEN);
  expect(textOf(upload, "ALLOWED_USER_IDS")).toBe("1001");
  const made = ["TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_WEBHOOK_PATH_SECRET", "MACHINE_KEY_SECRET"];
  for (const name of made) expect(textOf(upload, name)).toMatch(/^[\w-]{43}$/);
  expect(new Set(made.map((name) => textOf(upload, name))).size).toBe(3);

  const kept = join(env["CCR_DEPLOY_FOLDER"] ?? "", "known.json");
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect(await readdir(env["CCR_DEPLOY_FOLDER"] ?? "")).toEqual(["known.json"]);
});

test("the next deployment needs no answers and leaves the paired machines their keys", async () => {
  const [telegram, cloudflare] = [await startTelegram(), await startCloudflare()];
  const env = await deployEnvironment({ ...loggedIn(cloudflare), TELEGRAM_API_ROOT: telegram.url });
  const secrets = {
    TELEGRAM_BOT_TOKEN: BOT_TOKEN,
    ALLOWED_USER_IDS: "1001",
    TELEGRAM_WEBHOOK_SECRET: "kept-webhook-secret",
    TELEGRAM_WEBHOOK_PATH_SECRET: "kept-path-secret",
    MACHINE_KEY_SECRET: "kept-machine-key-secret",
  };
  await keep(env, JSON.stringify({ secrets }));
  cloudflare.uploads.push(Object.entries(secrets).map(([name, text]) => ({ name, type: "secret_text", text })));

  const { status } = await runDeployProgram(["deploy"], env);

  expect(status).toBe(0);
  const upload = cloudflare.uploads.at(-1);
  expect(cloudflare.uploads).toHaveLength(2);
  expect(textOf(upload, "TELEGRAM_WEBHOOK_SECRET")).toBe("kept-webhook-secret");
  expect(upload?.find(({ name }) => name === "MACHINE_KEY_SECRET")).toEqual({
    name: "MACHINE_KEY_SECRET",
    type: "inherit",
  });
});

test("a dry run builds and checks everything, uploads nothing and keeps nothing", async () => {
  const telegram = await startTelegram();
  const env = await deployEnvironment({
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_BOT_TOKEN: BOT_TOKEN,
    ALLOWED_USER_IDS: "1001",
  });

  const { status, output } = await runDeployProgram(["deploy", "--dry-run"], env);

  expect(output).toContain("env.MACHINE (MachineDO)");
  expect(output).toContain("nothing was uploaded or kept");
  expect(output).not.toContain("canary");
  expect(status).toBe(0);
  expect(await readdir(env["CCR_DEPLOY_FOLDER"] ?? "")).toEqual([]);
});

test("the token that a person types at the terminal is not shown", async () => {
  const telegram = await startTelegram();
  const env = await deployEnvironment({ TELEGRAM_API_ROOT: telegram.url });
  const terminal = spawn(process.execPath, [DEPLOY_PROGRAM, "deploy", "--dry-run"], { env });
  let seen = "";
  const answers = [
    { question: "The bot's token", answer: "99:canary-of-a-stranger" },
    { question: "Telegram does not know this token.\r\nThe bot's token", answer: BOT_TOKEN },
    { question: "numeric ids parted by commas", answer: "@me" },
    { question: "must be Telegram user ids (numbers), parted by commas.\r\n", answer: "1001" },
  ];
  const status = await new Promise<number>((resolve) => {
    let from = 0;
    terminal.onData((text) => {
      seen += text;
      const [next] = answers;
      const at = next === undefined ? -1 : seen.indexOf(next.question, from);
      // The prompt stands at the end of the question.
      if (next === undefined || at < 0 || !seen.slice(at).includes("> ")) return;
      from = seen.length;
      answers.shift();
      terminal.write(`${next.answer}\r`);
    });
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });

  expect(seen).toContain("The bot is @my_router_bot.");
  expect(seen).not.toContain("canary");
  expect(status).toBe(0);
});

test("without a terminal to ask at, it names the variable to set", async () => {
  const cloudflare = await startCloudflare();
  const { status, output } = await runDeployProgram(["deploy"], await deployEnvironment(loggedIn(cloudflare)));
  expect(output).toContain("TELEGRAM_BOT_TOKEN is not known, and there is no terminal to ask at.");
  expect(status).toBe(1);
  expect(cloudflare.uploads).toEqual([]);
});

test("without a login it says how to get one, before it asks anything", async () => {
  const { status, output } = await runDeployProgram(["deploy"], await deployEnvironment({}));
  expect(output).toContain("npx wrangler login");
  expect(status).toBe(1);
});

test.each([
  ["a damaged file", "{", "is damaged"],
  ["a file with a malformed secret", `{"secrets":{"ALLOWED_USER_IDS":"canary"}}`, "ALLOWED_USER_IDS must be"],
])("%s of an earlier deployment is named, not guessed around", async (_name, text, said) => {
  const env = await deployEnvironment({});
  await keep(env, text);
  const { status, output } = await runDeployProgram(["deploy"], env);
  expect(output).toContain(said);
  expect(output).not.toContain("canary");
  expect(status).toBe(1);
});

test("a file of secrets that others can read is refused", async () => {
  const env = await deployEnvironment({});
  await chmod(await keep(env, "{}"), 0o644);
  expect((await runDeployProgram(["deploy"], env)).output).toContain("can be read by others. Close it: chmod 600");
});
