import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { PairReply } from "../../src/protocol.ts";
import { configPath, pairingPath, parseRouterUrl, saveConfig } from "../config.ts";
import { CONFIG_VARIABLES, type Environment } from "../environment.ts";
import { errorCode, writePrivateFile } from "../private-files.ts";
import { post } from "../router/api.ts";
import { UsageError } from "./usage.ts";

const CODE = /^([a-z0-9][a-z0-9-]{0,31})-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}$/;

/** What a pairing that has no answer yet would need again. */
const Pending = v.object({ url: v.string(), code: v.string(), random: v.string() });

/**
 * The random part of the key. The same command gives the same one until it has its answer: an answer that was lost
 * on its way can be asked for again.
 */
function randomPart(env: Environment, url: string, code: string): string {
  const path = pairingPath(env);
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  const pending = v.safeParse(v.pipe(v.string(), v.parseJson(), Pending), text);
  if (pending.success && pending.output.url === url && pending.output.code === code) return pending.output.random;
  const random = randomBytes(32).toString("base64url");
  writePrivateFile(path, `${JSON.stringify({ url, code, random })}\n`);
  return random;
}

function refusal(status: number, error: string, name: string): string {
  const again = `Send /pair ${name} to the bot for a new code; each is good once, for ten minutes.`;
  if (status === 429) return `${error}. Too many tries: wait a minute, then try again.`;
  if (status >= 500) return `${error}. Run the same command again in a moment.`;
  return error.includes("/pair") ? `${error}.` : `${error}. ${again}`;
}

/** `ccr-agent pair URL CODE`: enrols this machine and stores its key. Returns the exit status. */
export async function pair(argv: readonly string[], env: Environment = process.env): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: {} });
  const [address, code, ...rest] = positionals;
  if (address === undefined || code === undefined || rest.length > 0) {
    throw new UsageError("pair wants the router's URL and the code, as the bot wrote them");
  }
  const url = parseRouterUrl(address, `"${address}"`);
  const name = CODE.exec(code)?.[1];
  if (name === undefined) {
    process.stderr.write(
      "ccr-agent: the code reads NAME-XXXX-XXXX. Paste the whole line that the bot answers to /pair NAME.\n",
    );
    return 1;
  }
  const random = randomPart(env, url, code);
  const keyHash = createHash("sha256").update(Buffer.from(random, "base64url")).digest("base64url");
  const answer = await post(url, `/machines/${name}/pair`, { code, keyHash });
  if (answer.status === "silent") {
    process.stderr.write(`ccr-agent: ${url} cannot be reached (${answer.error}). Run the same command again.\n`);
    return 1;
  }
  if (answer.status === "refused") {
    // A code that was refused is spent; one that met a broken router may still be good.
    if (answer.code >= 400 && answer.code < 500 && answer.code !== 429) rmSync(pairingPath(env), { force: true });
    process.stderr.write(`ccr-agent: ${refusal(answer.code, answer.error, name)}\n`);
    return 1;
  }
  const reply = v.safeParse(PairReply, answer.body);
  if (!reply.success || reply.output.machineId !== name) {
    process.stderr.write(`ccr-agent: ${url} does not answer like a router of this kind. Check the address.\n`);
    return 1;
  }
  saveConfig(env, { url, machineId: name, key: `ccr1.${name}.${random}.${reply.output.mac}` });
  rmSync(pairingPath(env), { force: true });
  process.stdout.write(`This machine is paired as ${name}. Its key is in ${configPath(env)}.\n`);
  const overriding = CONFIG_VARIABLES.filter((variable) => env[variable] !== undefined);
  if (overriding.length > 0) {
    process.stdout.write(`${overriding.join(", ")} in this environment overrides it: unset it.\n`);
  }
  process.stdout.write(
    "Start the agent with `ccr-agent start`; one that runs already takes over the new key by itself.\n",
  );
  return 0;
}
