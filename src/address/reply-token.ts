import { toBase64Url } from "./base64url.ts";

/** 12 bytes, so 16 characters: 96 bits are enough that no two sessions ever meet in one object. */
const REF_BYTES = 12;
/** 72 random bits: out of reach for guessing, and base64url needs no padding. */
const RANDOM_BYTES = 9;

const TOKEN = /^([A-Za-z0-9_-]{16})[A-Za-z0-9_-]{12}$/;
const LINK = /^https:\/\/t\.me\/([A-Za-z0-9_]{1,64})\?start=([A-Za-z0-9_-]+)$/;

/** The name of the SessionDO of a session: the first 12 bytes of SHA-256(sessionId), base64url, 16 characters. */
export async function sessionRef(sessionId: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sessionId));
  return toBase64Url(new Uint8Array(digest, 0, REF_BYTES));
}

/** A fresh token for the session `ref`: the ref, then 12 random characters. 28 in all, URL-safe. */
export function newToken(ref: string): string {
  return ref + toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}

/**
 * A token and the ref of the session that it names; undefined where the text has not the shape of a token.
 * The shape says nothing about whether the token is good: only its SessionDO knows.
 */
export function parseToken(text: string): { token: string; ref: string } | undefined {
  const ref = TOKEN.exec(text)?.[1];
  return ref === undefined ? undefined : { token: text, ref };
}

/** The link on the first line of every message that is sent for a session. */
export function headerLink(botUsername: string, token: string): string {
  return `https://t.me/${botUsername}?start=${token}`;
}

/**
 * The token of a header link of this bot; undefined for every other link. Only what `headerLink` writes is one
 * (user names know no case): no other scheme, host, port, path, parameter or fragment.
 */
export function tokenOfLink(url: string, botUsername: string): string | undefined {
  const [, name, token] = LINK.exec(url) ?? [];
  if (name === undefined || token === undefined) return undefined;
  if (name.toLowerCase() !== botUsername.toLowerCase()) return undefined;
  return parseToken(token)?.token;
}
