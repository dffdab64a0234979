/** The Worker's settings, checked once. The Env type only claims what `wrangler secret put` may have forgotten. */
export interface Config {
  readonly botToken: string;
  /** The number before `:` in the bot token is the bot's own user id. */
  readonly botId: number;
  readonly botUsername: string;
  readonly webhookSecret: string;
  readonly webhookPathSecret: string;
  readonly machineKeySecret: string;
  readonly allowedUserIds: ReadonlySet<number>;
}

/** A setting is missing or malformed. The message names the variable and the remedy, never the value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const checked = new WeakMap<Env, Config>();

/** Reads the settings, or throws a ConfigError. */
export function configOf(env: Env): Config {
  const known = checked.get(env);
  if (known) return known;
  const botToken = required(env, "TELEGRAM_BOT_TOKEN", /^\d+:[A-Za-z0-9_-]+$/, "as @BotFather gave it, 123456:ABC…");
  const config: Config = {
    botToken,
    botId: Number(botToken.slice(0, botToken.indexOf(":"))),
    botUsername: required(env, "TELEGRAM_BOT_USERNAME", /^[A-Za-z0-9_]{3,32}$/, "the bot's name without @"),
    webhookSecret: required(env, "TELEGRAM_WEBHOOK_SECRET", /^[A-Za-z0-9_-]{16,256}$/, "16 to 256 of A-Z a-z 0-9 _ -"),
    webhookPathSecret: required(
      env,
      "TELEGRAM_WEBHOOK_PATH_SECRET",
      /^[A-Za-z0-9_-]{16,256}$/,
      "16 to 256 of A-Z a-z 0-9 _ -",
    ),
    machineKeySecret: required(env, "MACHINE_KEY_SECRET", /^.{16,}$/, "at least 16 random characters"),
    allowedUserIds: new Set(
      required(env, "ALLOWED_USER_IDS", /^\s*\d+(\s*,\s*\d+)*\s*$/, "Telegram user ids, parted by commas")
        .split(",")
        .map(Number),
    ),
  };
  checked.set(env, config);
  return config;
}

type Setting = keyof { [Name in keyof Env as Env[Name] extends string ? Name : never]: true };

function required(env: Env, name: Setting, shape: RegExp, remedy: string): string {
  const value: unknown = env[name];
  if (typeof value !== "string" || value === "") throw new ConfigError(`${name} is not set: it should be ${remedy}`);
  if (!shape.test(value)) throw new ConfigError(`${name} is malformed: it should be ${remedy}`);
  return value;
}
