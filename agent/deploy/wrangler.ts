import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { DeployError } from "./deploy-error.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");

const Login = v.pipe(v.string(), v.parseJson(), v.object({ loggedIn: v.boolean() }));
const SecretList = v.pipe(v.string(), v.parseJson(), v.array(v.object({ name: v.string() })));
const Deployment = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ type: v.literal("deploy"), targets: v.optional(v.array(v.string()), []) }),
);

/** @throws {DeployError} where wrangler cannot act for an account */
export async function requireLogin(): Promise<void> {
  const { status, stdout, stderr } = await runQuietly(["whoami", "--json"]);
  if (status === 0) return;
  const login = v.safeParse(Login, stdout);
  if (login.success && !login.output.loggedIn) {
    throw new DeployError("wrangler is not logged in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.");
  }
  throw new DeployError(`wrangler could not ask Cloudflare who you are:\n${stderr.trim() || stdout.trim()}`);
}

/**
 * The names of the secrets that the Worker has; none where there is no such Worker yet.
 * @throws {DeployError} where Cloudflare does not say
 */
export async function secretsOnWorker(): Promise<Set<string>> {
  const { status, stdout, stderr } = await runQuietly(["secret", "list", "--format", "json"]);
  if (status !== 0) {
    if (/Worker ".*" not found/.test(stdout + stderr)) return new Set();
    throw new DeployError(`wrangler could not list the Worker's secrets:\n${stderr.trim() || stdout.trim()}`);
  }
  const list = v.safeParse(SecretList, stdout);
  if (!list.success)
    throw new DeployError(`wrangler listed the Worker's secrets in an unknown form:\n${stdout.trim()}`);
  return new Set(list.output.map(({ name }) => name));
}

export interface Deployment {
  /** A JSON file with the secrets to set; those that are not in it stay as they are. */
  secretsFile: string;
  botUsername: string;
  dryRun: boolean;
}

/**
 * Uploads the Worker with its secrets in one step: a Worker that requires secrets cannot exist without them, so they
 * cannot be set before it, nor it before them. Wrangler talks to the person meanwhile.
 *
 * @returns where the Worker can be reached, as wrangler words it
 * @throws {DeployError} where wrangler fails; it has said why
 */
export async function deployWorker({ secretsFile, botUsername, dryRun }: Deployment): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "ccr-deploy-"));
  const record = join(folder, "output.ndjson");
  const args = ["deploy", "--var", `TELEGRAM_BOT_USERNAME:${botUsername}`, "--secrets-file", secretsFile];
  try {
    const status = await run(dryRun ? [...args, "--dry-run", "--outdir", join(folder, "worker")] : args, record);
    if (status !== 0) throw new DeployError("wrangler did not deploy; it says why above. Nothing else was changed.");
    for (const line of (await readFile(record, "utf8")).split("\n")) {
      const deployment = v.safeParse(Deployment, line);
      if (deployment.success) return deployment.output.targets;
    }
    return [];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args: readonly string[], record: string): Promise<number | null> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: REPOSITORY,
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_OUTPUT_FILE_PATH: record },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function runQuietly(args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
  });
  const outcome: Outcome = { status: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (outcome.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (outcome.stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...outcome, status }));
  });
}
