import { expect, test } from "vitest";
import { headerLink, newToken, parseToken, sessionRef, tokenOfLink } from "../../../src/address/reply-token.ts";

const SESSION = "6a1d6f2e-3c3b-4b7e-9a52-5d3f0c8f1a11";

test("a session's ref is the first 12 bytes of the SHA-256 of its id", async () => {
  // printf abc | sha256sum: ba7816bf 8f01cfea 414140de …
  expect(await sessionRef("abc")).toBe("ungWv48Bz-pBQUDe");
  expect(await sessionRef(SESSION)).toMatch(/^[A-Za-z0-9_-]{16}$/);
});

test("a token begins with the ref of its session, and no two are the same", async () => {
  const ref = await sessionRef(SESSION);
  const tokens = new Set(Array.from({ length: 500 }, () => newToken(ref)));
  expect(tokens.size).toBe(500);
  for (const token of tokens) expect(parseToken(token)).toEqual({ token, ref });
});

test.each([
  "",
  "a".repeat(27),
  "a".repeat(29),
  `${"a".repeat(27)}=`,
  `${"a".repeat(27)}\n`,
  ` ${"a".repeat(27)}`,
  `${"a".repeat(28)}\n`,
])("%j is no token", (text) => expect(parseToken(text)).toBeUndefined());

test("a header link gives its token back, whatever the case of the bot's name", () => {
  const token = newToken("abcdefghijklmnop");
  const link = headerLink("ccr_Test_bot", token);
  expect(link).toBe(`https://t.me/ccr_Test_bot?start=${token}`);
  expect(tokenOfLink(link, "CCR_test_BOT")).toBe(token);
});

test.each([
  "",
  "https://t.me/ccr_bot",
  "https://t.me/ccr_bot?start=",
  "https://t.me/ccr_bot?start=short",
  `https://t.me/ccr_bot/?start=${"a".repeat(28)}`,
  `https://t.me/ccr_bot?Start=${"a".repeat(28)}`,
  `https://t.me//ccr_bot?start=${"a".repeat(28)}`,
  `https://T.me/ccr_bot?start=${"a".repeat(28)}\n`,
  `https://t.me/ccr%5Fbot?start=${"a".repeat(28)}`,
  `tg://resolve?domain=ccr_bot&start=${"a".repeat(28)}`,
  `https://t.me\\ccr_bot?start=${"a".repeat(28)}`,
])("%j is no header link", (url) => expect(tokenOfLink(url, "ccr_bot")).toBeUndefined());
