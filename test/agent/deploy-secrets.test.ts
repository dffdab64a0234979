import { describe, expect, test } from "vitest";
import { makeSecret, planSecrets, wrongWith, type SecretName } from "../../agent/deploy/secrets.ts";

const ALL: SecretName[] = [
  "TELEGRAM_BOT_TOKEN",
  "ALLOWED_USER_IDS",
  "TELEGRAM_WEBHOOK_SECRET",
  "TELEGRAM_WEBHOOK_PATH_SECRET",
  "MACHINE_KEY_SECRET",
];

describe("where each secret comes from", () => {
  test("the first deployment asks for what only a person knows, and makes the rest", () => {
    expect(planSecrets(new Set(), new Set())).toEqual({
      TELEGRAM_BOT_TOKEN: "ask",
      ALLOWED_USER_IDS: "ask",
      TELEGRAM_WEBHOOK_SECRET: "make",
      TELEGRAM_WEBHOOK_PATH_SECRET: "make",
      MACHINE_KEY_SECRET: "make",
    });
  });

  test("the second one, from the same checkout, asks nothing and leaves the paired machines their keys", () => {
    expect(planSecrets(new Set(ALL), new Set(ALL))).toEqual({
      TELEGRAM_BOT_TOKEN: "known",
      ALLOWED_USER_IDS: "known",
      TELEGRAM_WEBHOOK_SECRET: "known",
      TELEGRAM_WEBHOOK_PATH_SECRET: "known",
      MACHINE_KEY_SECRET: "keep",
    });
  });

  test("from another checkout only the token is asked for; the machine keys go on being good", () => {
    expect(planSecrets(new Set(), new Set(ALL))).toEqual({
      TELEGRAM_BOT_TOKEN: "ask",
      ALLOWED_USER_IDS: "keep",
      TELEGRAM_WEBHOOK_SECRET: "make",
      TELEGRAM_WEBHOOK_PATH_SECRET: "make",
      MACHINE_KEY_SECRET: "keep",
    });
  });

  test("a Worker that was deleted gets back the secrets that are known here", () => {
    expect(Object.values(planSecrets(new Set(ALL), new Set()))).toEqual(ALL.map(() => "known"));
  });
});

describe("what a secret must look like", () => {
  test.each<[SecretName, string]>([
    ["TELEGRAM_BOT_TOKEN", "123456:ABC-def_1"],
    ["ALLOWED_USER_IDS", "1001"],
    ["ALLOWED_USER_IDS", "1001, 1002"],
    ["TELEGRAM_WEBHOOK_SECRET", makeSecret()],
    ["TELEGRAM_WEBHOOK_PATH_SECRET", makeSecret()],
    ["MACHINE_KEY_SECRET", makeSecret()],
  ])("%s may be %s", (name, value) => {
    expect(wrongWith(name, value)).toBeUndefined();
  });

  test.each<[SecretName, string]>([
    ["TELEGRAM_BOT_TOKEN", "bot123456:ABC"],
    ["ALLOWED_USER_IDS", "@someone"],
    ["ALLOWED_USER_IDS", "1001,"],
    ["TELEGRAM_WEBHOOK_SECRET", "too-short"],
    ["TELEGRAM_WEBHOOK_PATH_SECRET", "a/path/is/not/one/segment"],
    ["MACHINE_KEY_SECRET", "short"],
  ])("%s must not be %s, and the answer does not quote it", (name, value) => {
    const wrong = wrongWith(name, value);
    expect(wrong).toContain(`${name} must`);
    expect(wrong).not.toContain(value);
  });

  test("no two made secrets are the same", () => {
    expect(makeSecret()).not.toBe(makeSecret());
  });
});
