import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { MachineName } from "../src/protocol.ts";
import { CONFIG_VARIABLES, type Environment } from "./environment.ts";
import { osIdHash } from "./os-identity.ts";
import { errorCode, writePrivateFile } from "./private-files.ts";

/** What a machine needs to speak to its router. */
export interface Config {
  /** The router's origin, without a slash at the end. */
  url: string;
  machineId: string;
  /** `ccr1.NAME.random.mac`. Secret. */
  key: string;
}

/** A configuration that cannot be used. The message names the variable or file, and what to do. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const ConfigFile = v.object({
  url: v.string(),
  machineId: v.string(),
  key: v.string(),
  /** Null where the machine that paired had no id of its own. */
  osId: v.nullable(v.string()),
});

const PAIR_FIRST = "Pair this machine first: send /pair NAME to the bot and paste here the line that it answers.";
const KEY = /^ccr1\.([a-z0-9][a-z0-9-]{0,31})\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{1,64}$/;

/** `$XDG_CONFIG_HOME/ccr-agent`, else `~/.config/ccr-agent`. */
function configFolder(env: Environment): string {
  const base = env.XDG_CONFIG_HOME;
  // The XDG base directory specification has relative paths ignored.
  if (base !== undefined && isAbsolute(base)) return join(base, "ccr-agent");
  return join(env.HOME ?? homedir(), ".config", "ccr-agent");
}

/** Where the configuration file lies. */
export function configPath(env: Environment): string {
  return join(configFolder(env), "config.json");
}

/** What a pairing keeps until it has its answer. While this file is there, a new key may be about to come. */
export function pairingPath(env: Environment): string {
  return join(configFolder(env), "pairing.json");
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * The origin that a router's URL names.
 * @param from what to name in the error: a variable, a file or an argument.
 */
export function parseRouterUrl(text: string, from: string): string {
  const url = URL.parse(text);
  if (url === null) throw new ConfigError(`${from} is not a URL: write it as https://router.example.`);
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError(`${from} must hold no user name or password: the machine key is all that is needed.`);
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw new ConfigError(`${from} must begin with https:// (http:// only towards this machine itself).`);
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new ConfigError(`${from} must be the router's origin alone, ${url.origin}, with nothing after it.`);
  }
  return url.origin;
}

function readFile(path: string): v.InferOutput<typeof ConfigFile> | null {
  let text: string;
  try {
    const stat = statSync(path);
    if ((stat.mode & 0o077) !== 0) {
      throw new ConfigError(
        `${path} can be read by others, and it holds this machine's key. Close it with: chmod 600 ${path}` +
          " (and pair again if others use this machine).",
      );
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT") return null;
    throw new ConfigError(`${path} cannot be read (${code}): give it back to the user who runs ccr-agent.`);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ConfigFile), text);
  // The issues would quote the file, and with it the key.
  if (!parsed.success) throw new ConfigError(`${path} is damaged. Delete it and pair this machine again.`);
  return parsed.output;
}

function refuseCopy(path: string, osId: string | null): void {
  if (osId === null || osId === osIdHash()) return;
  throw new ConfigError(
    `${path} was copied from another machine, and two machines with one key would take each other's connection. ` +
      "Delete it and pair this machine under a name of its own.",
  );
}

/**
 * Reads the configuration: the file, overridden by the environment. The file is not needed where the environment
 * says all.
 * @throws {ConfigError} where it is missing, malformed, copied from another machine, or readable by others.
 */
export function loadConfig(env: Environment): Config {
  const path = configPath(env);
  const missing = CONFIG_VARIABLES.filter((name) => env[name] === undefined);
  const file = missing.length === 0 ? null : readFile(path);
  if (missing.length > 0 && file === null) {
    if (missing.length === CONFIG_VARIABLES.length) throw new ConfigError(`There is no ${path}. ${PAIR_FIRST}`);
    throw new ConfigError(
      `${missing.join(" and ")} is not set, and there is no ${path}. Set it, or pair this machine.`,
    );
  }
  if (file !== null) refuseCopy(path, file.osId);
  const pick = (name: (typeof CONFIG_VARIABLES)[number], stored: string | undefined) => {
    const set = env[name];
    return set === undefined ? { value: stored ?? "", from: path } : { value: set, from: name };
  };
  const url = pick("CCR_WORKER_URL", file?.url);
  const machineId = pick("CCR_MACHINE_ID", file?.machineId);
  const key = pick("CCR_MACHINE_KEY", file?.key);

  const name = v.safeParse(MachineName, machineId.value);
  if (!name.success) throw new ConfigError(`${machineId.from}: ${v.summarize(name.issues)}`);
  const owner = KEY.exec(key.value)?.[1];
  if (owner === undefined) {
    throw new ConfigError(`${key.from}: a machine key reads ccr1.NAME.random.mac. Pair this machine again to get one.`);
  }
  if (owner !== name.output) {
    throw new ConfigError(
      `${key.from}: the key is ${owner}'s, but ${machineId.from} names ${name.output}. Pair this machine again.`,
    );
  }
  return { url: parseRouterUrl(url.value, url.from), machineId: name.output, key: key.value };
}

/** Stores the configuration together with the hash that ties it to this machine. */
export function saveConfig(env: Environment, config: Config): void {
  writePrivateFile(configPath(env), `${JSON.stringify({ ...config, osId: osIdHash() }, null, 2)}\n`);
}
