import { existsSync } from "node:fs";
import { ConfigError, loadConfig, pairingPath, type Config } from "../config.ts";
import type { Environment } from "../environment.ts";

/** The configuration as it is now: a key may be rotated while the agent runs. */
export class Credentials {
  readonly #env: Environment;
  #config: Config;

  /** @throws {ConfigError} where there is no usable configuration. */
  constructor(env: Environment) {
    this.#env = env;
    this.#config = loadConfig(env);
  }

  get config(): Config {
    return this.#config;
  }

  /**
   * Reads the configuration again, and returns what is in force now: the same object where nothing changed. One that
   * cannot be used changes nothing: it may be about to be written.
   */
  reread(): Config {
    const { url, machineId, key } = this.#config;
    try {
      const next = loadConfig(this.#env);
      if (next.url !== url || next.machineId !== machineId || next.key !== key) this.#config = next;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
    return this.#config;
  }

  /** Whether `ccr-agent pair` is asking for a new key right now (or did so in vain). */
  isPairing(): boolean {
    return existsSync(pairingPath(this.#env));
  }
}
