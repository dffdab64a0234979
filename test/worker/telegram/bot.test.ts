import { afterEach, expect, test, vi } from "vitest";
import { botApi, botId } from "../../../src/telegram/bot.ts";
import { classify } from "../../../src/telegram/failure.ts";

const TELEGRAM_BOT_TOKEN = "123456:TEST-canary-bot-token";

afterEach(() => vi.restoreAllMocks());

function api(root: string): ReturnType<typeof botApi> {
  return botApi({ TELEGRAM_BOT_TOKEN, TELEGRAM_API_ROOT: root });
}

/** Answers what the client asks, in place of the network, and keeps what it asked. */
function network(answer: () => Response): Request[] {
  const asked: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    asked.push(new Request(input, init));
    return answer();
  });
  return asked;
}

test("a bot's id is the number before the colon", () => {
  expect(botId(TELEGRAM_BOT_TOKEN)).toBe(123456);
});

test.each(["", "canary", "canary:abc", "123456:", "123456:can ary"])(
  "the token %j is refused by name, not by value",
  (token) => {
    expect(() => botId(token)).toThrow(/^TELEGRAM_BOT_TOKEN is not/);
    expect(() => botId(token)).not.toThrow(/canary/);
  },
);

test.each([
  "https://api.telegram.org",
  "https://bots.example:8443/api",
  "http://127.0.0.1:81",
  "http://[::1]:81",
  "http://localhost:81",
])("the root %j is used as it is, and no redirect is followed", async (root) => {
  const asked = network(() => Response.json({ ok: true, result: { id: 123456 } }));
  await api(root).getMe();
  expect(asked.map(({ url, redirect }) => ({ url, redirect }))).toEqual([
    { url: `${root}/bot${TELEGRAM_BOT_TOKEN}/getMe`, redirect: "manual" },
  ]);
});

test("a slash at the end of the root does no harm", async () => {
  const asked = network(() => Response.json({ ok: true, result: {} }));
  await api("https://api.telegram.org/").getMe();
  expect(asked[0]?.url).toBe(`https://api.telegram.org/bot${TELEGRAM_BOT_TOKEN}/getMe`);
});

test.each([
  "",
  "api.telegram.org",
  "http://api.telegram.org",
  "http://127.0.0.1.evil.example",
  "ftp://127.0.0.1",
  "https://me:pass@api.telegram.org",
  "https://api.telegram.org/?a=b",
  "https://api.telegram.org/#a",
])("the root %j is refused", (root) => expect(() => api(root)).toThrow(/^TELEGRAM_API_ROOT/));

test("a redirect is no answer", async () => {
  network(() => new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } }));
  const error: unknown = await api("https://api.telegram.org")
    .getMe()
    .catch((thrown: unknown) => thrown);
  expect(classify(error)).toEqual({ kind: "unsure" });
});

test("a page that says that a file is too big is an answer", async () => {
  network(() => new Response("<html>413 Request Entity Too Large</html>", { status: 413 }));
  const error: unknown = await api("https://api.telegram.org")
    .getMe()
    .catch((thrown: unknown) => thrown);
  expect(classify(error)).toEqual({ kind: "too-big" });
});

test("a real connection that is refused is no answer, and its error does not hold the token", async () => {
  const error: unknown = await api("http://127.0.0.1:1")
    .getMe()
    .catch((thrown: unknown) => thrown);
  expect(classify(error)).toEqual({ kind: "unsure" });
  expect(error instanceof Error && `${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain("canary");
});
