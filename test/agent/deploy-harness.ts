import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { TelegramStandIn } from "../../agent/demo/telegram/telegram-stand-in.ts";

/** What `npm run deploy` and `npm run webhook` run. */
export const DEPLOY_PROGRAM = fileURLToPath(new URL("../../agent/deploy/main.ts", import.meta.url));

/** A canary: wherever it shows up, a secret leaked. */
export const BOT_TOKEN = "123456:canary-of-the-bot-token";

export async function startTelegram(): Promise<TelegramStandIn> {
  const telegram = await TelegramStandIn.start({ token: BOT_TOKEN, username: "my_router_bot", retryScale: 0.01 });
  onTestFinished(() => telegram.stop());
  return telegram;
}

/** An environment without anybody's own settings, with a folder of its own for what a deployment keeps. */
export async function deployEnvironment(settings: Record<string, string>): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "ccr-deploy-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    NO_COLOR: "1",
    CCR_DEPLOY_FOLDER: join(folder, "kept"),
    ...settings,
  };
}

export interface Run {
  status: number | null;
  /** Both streams, as a person would see them. */
  output: string;
}

/** Runs the program to its end, without a terminal. */
export function runDeployProgram(args: readonly string[], env: Record<string, string>): Promise<Run> {
  const child = spawn(process.execPath, [DEPLOY_PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  const run: Run = { status: null, output: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (run.output += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...run, status }));
  });
}
