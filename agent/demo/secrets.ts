import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";

const Secrets = v.object({
  botToken: v.string(),
  webhookSecret: v.string(),
  webhookPathSecret: v.string(),
  machineKeySecret: v.string(),
});
export type Secrets = v.InferOutput<typeof Secrets>;

/** Any id that is not 0 does for a bot that lives on this machine alone. */
const BOT_ID = 700_000_001;

/** Fresh random secrets for a router and its bot. */
export function makeSecrets(): Secrets {
  return {
    // Telegram's own shape: 35 characters after the colon.
    botToken: `${BOT_ID}:${randomBytes(27).toString("base64url").slice(0, 35)}`,
    webhookSecret: randomBytes(32).toString("base64url"),
    webhookPathSecret: randomBytes(32).toString("base64url"),
    machineKeySecret: randomBytes(32).toString("base64url"),
  };
}

/**
 * The secrets kept in a file; made once, where it is missing.
 *
 * @throws Error where the file is damaged: fresh secrets would lock out what was paired under the old ones
 */
export async function keptSecrets(path: string): Promise<Secrets> {
  const text = await readIfThere(path);
  if (text === undefined) {
    const secrets = makeSecrets();
    await writeFile(path, JSON.stringify(secrets, undefined, 2), { mode: 0o600 });
    return secrets;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Secrets), text);
  if (parsed.success) return parsed.output;
  throw new Error(`${path} is damaged. Delete the folder that it lies in, and start again.`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
