import { sameText } from "./same-text.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

/** 128 bits are enough for a MAC that only turns strangers away, and keep the key short. */
const MAC_BYTES = 16;

const KEY = /^ccr1\.([a-z0-9][a-z0-9-]{0,31})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{22})$/;
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/**
 * The last part of a machine's key `ccr1.NAME.random.mac`: HMAC-SHA-256 over `ccr1.NAME.<keyHash>`, 16 bytes,
 * base64url, 22 characters. `keyHash` is SHA-256 of the 32 random bytes, base64url: the router never sees these
 * when it makes a key. Throws where the secret is missing, since an empty one would let everyone in.
 */
export async function macOf(secret: string, machineId: string, keyHash: string): Promise<string> {
  if (secret === "")
    throw new Error("MACHINE_KEY_SECRET is not set: put one with `wrangler secret put MACHINE_KEY_SECRET`");
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(`ccr1.${machineId}.${keyHash}`));
  return toBase64Url(new Uint8Array(mac, 0, MAC_BYTES));
}

/**
 * The machine that a key names and the hash of its random part; undefined where the shape or the MAC is wrong.
 * The MAC only keeps strangers from waking objects: whether the key is good, the machine's stored hash decides.
 */
export async function checkKey(
  secret: string,
  key: string,
): Promise<{ machineId: string; keyHash: string } | undefined> {
  const [, machineId, random, mac] = KEY.exec(key) ?? [];
  if (machineId === undefined || random === undefined || mac === undefined) return undefined;
  const bytes = fromBase64Url(random);
  if (bytes === undefined) return undefined;
  const keyHash = toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const expected = await macOf(secret, machineId, keyHash);
  return sameText(mac, expected) ? { machineId, keyHash } : undefined;
}

/** The key in `Authorization: Bearer KEY`; undefined where there is none. */
export function bearer(request: Request): string | undefined {
  return BEARER.exec(request.headers.get("authorization") ?? "")?.[1];
}
