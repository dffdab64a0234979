import { randomBytes } from "node:crypto";
import * as v from "valibot";

/** The Worker's secrets, by the names in wrangler.toml. */
export const SECRET_NAMES = [
  "TELEGRAM_BOT_TOKEN",
  "ALLOWED_USER_IDS",
  "TELEGRAM_WEBHOOK_SECRET",
  "TELEGRAM_WEBHOOK_PATH_SECRET",
  "MACHINE_KEY_SECRET",
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

const webhookSecret = v.pipe(v.string(), v.regex(/^[\w-]{16,256}$/, "must be 16 to 256 of A-Z a-z 0-9 _ -"));

/** What the Worker accepts, checked here before anything is uploaded. */
const SHAPES = {
  TELEGRAM_BOT_TOKEN: v.pipe(
    v.string(),
    v.regex(/^\d{1,16}:[\w-]+$/, "must be the token as @BotFather gave it, 123456:ABC…"),
  ),
  ALLOWED_USER_IDS: v.pipe(
    v.string(),
    v.regex(/^\s*\d+(\s*,\s*\d+)*\s*$/, "must be Telegram user ids (numbers), parted by commas"),
  ),
  TELEGRAM_WEBHOOK_SECRET: webhookSecret,
  TELEGRAM_WEBHOOK_PATH_SECRET: webhookSecret,
  MACHINE_KEY_SECRET: v.pipe(v.string(), v.minLength(16, "must have at least 16 characters")),
} as const satisfies Record<SecretName, v.GenericSchema<unknown, string>>;

/** What is wrong with a value, for a person; undefined where it will do. Never quotes the value. */
export function wrongWith(name: SecretName, value: string): string | undefined {
  const parsed = v.safeParse(SHAPES[name], value);
  return parsed.success ? undefined : `${name} ${parsed.issues[0].message}`;
}

/**
 * Where a secret comes from:
 * - `known`: it stands in the environment or in the file of an earlier deployment;
 * - `ask`: only a person can say it;
 * - `make`: any random value does;
 * - `keep`: the Worker has one that nobody can read back, and it goes on being good.
 */
export type Source = "known" | "ask" | "make" | "keep";

/** Decides for each secret where it comes from. */
export function planSecrets(known: ReadonlySet<string>, onWorker: ReadonlySet<string>): Record<SecretName, Source> {
  const hereOr = (name: SecretName, otherwise: Source): Source => (known.has(name) ? "known" : otherwise);
  return {
    // Always needed here: the bot's name comes from Telegram.
    TELEGRAM_BOT_TOKEN: hereOr("TELEGRAM_BOT_TOKEN", "ask"),
    ALLOWED_USER_IDS: hereOr("ALLOWED_USER_IDS", onWorker.has("ALLOWED_USER_IDS") ? "keep" : "ask"),
    // A fresh one is harmless: Telegram repeats what is refused until the webhook is set again.
    TELEGRAM_WEBHOOK_SECRET: hereOr("TELEGRAM_WEBHOOK_SECRET", "make"),
    TELEGRAM_WEBHOOK_PATH_SECRET: hereOr("TELEGRAM_WEBHOOK_PATH_SECRET", "make"),
    // Another one would lock out every machine that was ever paired.
    MACHINE_KEY_SECRET: onWorker.has("MACHINE_KEY_SECRET") ? "keep" : hereOr("MACHINE_KEY_SECRET", "make"),
  };
}

/** 256 random bits, in the alphabet that Telegram allows for a webhook's secret. */
export function makeSecret(): string {
  return randomBytes(32).toString("base64url");
}
