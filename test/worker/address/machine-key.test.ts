import { expect, test } from "vitest";
import { toBase64Url } from "../../../src/address/base64url.ts";
import { bearer, checkKey, macOf } from "../../../src/address/machine-key.ts";

const SECRET = "test-machine-key-secret";
const RANDOM = new Uint8Array(32).fill(7);

async function enrolled(machineId = "devbox", secret = SECRET): Promise<{ key: string; keyHash: string }> {
  const keyHash = toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", RANDOM)));
  return { key: `ccr1.${machineId}.${toBase64Url(RANDOM)}.${await macOf(secret, machineId, keyHash)}`, keyHash };
}

test("a key that the router made names its machine and the hash of its random part", async () => {
  const { key, keyHash } = await enrolled();
  expect(key).toMatch(/^ccr1\.devbox\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}$/);
  expect(await checkKey(SECRET, key)).toEqual({ machineId: "devbox", keyHash });
});

test("a key of one machine opens no other", async () => {
  const { key } = await enrolled();
  expect(await checkKey(SECRET, key.replace("devbox", "macbook"))).toBeUndefined();
});

test("a key made under another secret is a stranger's", async () => {
  const { key } = await enrolled("devbox", "another secret");
  expect(await checkKey(SECRET, key)).toBeUndefined();
});

test("one changed character anywhere spoils a key", async () => {
  const { key } = await enrolled();
  const spoiled = Array.from(
    key,
    (character, i) => key.slice(0, i) + (character === "A" ? "B" : "A") + key.slice(i + 1),
  );
  expect(await Promise.all(spoiled.map((other) => checkKey(SECRET, other)))).toEqual(spoiled.map(() => undefined));
});

test.each([
  "",
  "ccr1",
  "ccr1.devbox",
  "ccr1.devbox..",
  `ccr1.Dev.${"a".repeat(43)}.${"a".repeat(22)}`,
  `ccr1.a.${"_".repeat(43)}.${"a".repeat(22)}`,
])("%j has not the shape of a key", async (key) => expect(await checkKey(SECRET, key)).toBeUndefined());

test("without a secret no key is made and none is checked", async () => {
  const { key } = await enrolled();
  await expect(macOf("", "devbox", "x")).rejects.toThrow("MACHINE_KEY_SECRET");
  await expect(checkKey("", key)).rejects.toThrow("MACHINE_KEY_SECRET");
});

test.each([
  ["Bearer ccr1.a.b.c", "ccr1.a.b.c"],
  ["bearer  ccr1.a.b.c", "ccr1.a.b.c"],
  ["Bearer", undefined],
  ["Bearer a b", undefined],
  ["Basic abc", undefined],
  [undefined, undefined],
])("the header %j carries the key %j", (header, key) => {
  const headers = header === undefined ? {} : { authorization: header };
  expect(bearer(new Request("https://router.example/", { headers }))).toBe(key);
});
