import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Environment } from "../environment.ts";
import { errorCode, writePrivateFile } from "../private-files.ts";
import { DeployError } from "./deploy-error.ts";
import { SECRET_NAMES, wrongWith, type SecretName } from "./secrets.ts";

/** What a deployment leaves behind for the next one, and for `npm run webhook`. */
export interface Known {
  /** The Worker's origin, without a slash at the end. */
  url?: string;
  secrets: Partial<Record<SecretName, string>>;
}

const KnownFile = v.object({
  url: v.optional(v.string()),
  secrets: v.partial(
    v.object({
      TELEGRAM_BOT_TOKEN: v.string(),
      ALLOWED_USER_IDS: v.string(),
      TELEGRAM_WEBHOOK_SECRET: v.string(),
      TELEGRAM_WEBHOOK_PATH_SECRET: v.string(),
      MACHINE_KEY_SECRET: v.string(),
    }),
  ),
});

/** `.deploy/known.json` at the top of the repository, ignored by git; `CCR_DEPLOY_FOLDER` names another folder. */
function knownPath(env: Environment): string {
  const folder = env["CCR_DEPLOY_FOLDER"] ?? fileURLToPath(new URL("../../.deploy", import.meta.url));
  return join(folder, "known.json");
}

/**
 * Reads the file of the last deployment, overridden by the environment: the secrets by their names, the Worker's
 * origin as CCR_WORKER_URL.
 * @throws {DeployError} where the file is damaged or readable by others, or a value is malformed
 */
export function readKnown(env: Environment): Known {
  const { url, secrets = {} } = readFile(knownPath(env)) ?? {};
  const known: Known = { secrets: {} };
  for (const name of SECRET_NAMES) {
    const value = nonEmpty(env[name]) ?? secrets[name];
    if (value === undefined) continue;
    const wrong = wrongWith(name, value);
    if (wrong !== undefined)
      throw new DeployError(`${wrong}. Correct it in ${env[name] ? "the environment" : knownPath(env)}.`);
    known.secrets[name] = value;
  }
  const origin = nonEmpty(env["CCR_WORKER_URL"]) ?? url;
  if (origin !== undefined) known.url = originOf(origin);
  return known;
}

/** Keeps what is known, in a file that only its owner can read. */
export function keepKnown(env: Environment, known: Known): void {
  writePrivateFile(knownPath(env), `${JSON.stringify(known, undefined, 2)}\n`);
}

/** The folder in which secrets may lie for a moment. */
export function privateFolder(env: Environment): string {
  return dirname(knownPath(env));
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new DeployError("The Worker's URL is none. Write CCR_WORKER_URL as https://router.example.");
  return url.origin;
}

function readFile(path: string): v.InferOutput<typeof KnownFile> | undefined {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, "utf8");
    ({ mode } = statSync(path));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new DeployError(`${path} cannot be read (${errorCode(error)}): give it back to the user who deploys.`, {
      cause: error,
    });
  }
  if ((mode & 0o077) !== 0)
    throw new DeployError(`${path} holds secrets and can be read by others. Close it: chmod 600 ${path}`);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), KnownFile), text);
  // The issues would quote the file.
  if (!parsed.success)
    throw new DeployError(`${path} is damaged. Move it away, and deploy again: what is missing is asked for.`);
  return parsed.output;
}
