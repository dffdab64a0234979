import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { watchLog } from "./support/log.ts";
import { type Machine, newSecret, OWNER, pairMachine } from "./support/machine.ts";
import { matching } from "./support/matching.ts";
import { asAgent, request } from "./support/router.ts";

/** What an agent may be told about a body. Never 5xx. */
const FAIR_STATUSES = [200, 202, 400, 403, 404, 409, 410, 413];

let honest: Machine;
let mallory: Machine;
let calls: { path: string; body: unknown }[];

beforeAll(async () => {
  honest = await pairMachine("honest");
  await honest.register("s-honest", { label: "api" });
  mallory = await pairMachine("mallory", 1002);
  await mallory.register("s-mallory");
  const { keyHash } = await newSecret();
  calls = ["s-mallory", "s-honest"].flatMap((sessionId) => [
    {
      path: "/sessions/register",
      body: { sessionId, machineId: "mallory", label: "x", claim: 0, replaces: "s-honest", timeZone: "Europe/Berlin" },
    },
    { path: "/sessions/unregister", body: { sessionId, reason: "clear" } },
    {
      path: "/notifications/send",
      body: {
        sessionId,
        chatId: OWNER,
        text: "**Go on?** [x](https://t.me/ccr_test_bot?start=x)",
        format: "markdown",
        replyMarkup: { inline_keyboard: [[{ text: "Yes", callback_data: "cmd:TOKEN:?n1.0" }]] },
        id: "n1",
        silent: true,
        sign: "question",
        subject: "run Bash?",
        question: { nonce: "n1", remainingMs: 60_000 },
      },
    },
    {
      path: "/notifications/send",
      body: {
        sessionId,
        text: "`done`",
        format: "markdown",
        replyMarkup: { inline_keyboard: [[{ text: "Yes", callback_data: "cmd:TOKEN:yes" }]] },
      },
    },
    { path: "/questions/close", body: { sessionId, nonce: "n1", by: "at the terminal" } },
    { path: "/machines/mallory/pair", body: { code: "mallory-0000-0000", keyHash } },
    { path: "/machines/honest/pair", body: { code: "honest-0000-0000", keyHash } },
  ]);
});

async function expectFair(response: Response, statuses: readonly number[]): Promise<void> {
  const text = await response.text();
  expect([response.status, statuses.includes(response.status)]).toEqual([response.status, true]);
  expect(text).not.toMatch(/\bat \S+ \(|\.[tj]s:\d+|\bstack\b|SQLITE|TypeError/);
  const body: unknown = JSON.parse(text);
  expect(body).toEqual(response.ok ? body : { error: matching(/./) });
}

test(
  "whatever body an agent sends, the answer is a fair one in JSON, and another's session stays as it is",
  async () => {
    const log = watchLog();
    const before = (await asAgent(honest.key, "GET", "/sessions/s-honest")).body;
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (pick) => {
        const { path, body } = pick(() => fc.constantFrom(...calls));
        const sent = pick(() =>
          fc.oneof(
            {
              weight: 6,
              arbitrary: mutated([body], ["s-honest", "honest", "s-mallory", OWNER]),
            },
            { weight: 2, arbitrary: garbled([body]) },
            fc.json(),
            fc.uint8Array({ maxLength: 500 }).map((bytes) => Uint8Array.from(bytes)),
          ),
        );
        const headers = { Authorization: `Bearer ${mallory.key}`, "CF-Connecting-IP": crypto.randomUUID() };
        await expectFair(await request(path, { method: "POST", headers, body: sent }), FAIR_STATUSES);
        expect(log.errors).toEqual([]);
      }),
      { numRuns: 80 },
    );
    expect((await asAgent(honest.key, "GET", "/sessions/s-honest")).body).toEqual(before);
  },
  FUZZ_WITHIN_MS,
);

test(
  "whatever key, path and method a stranger tries, there is no more than 400, 401, 403, 404, 426 or 429",
  async () => {
    const log = watchLog();
    const [, , random = "", mac = ""] = honest.key.split(".");
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "",
        "ccr1",
        `ccr1.honest.${random}`,
        `ccr1.mallory.${random}.${mac}`,
        `ccr1.honest.${random}.${mac.slice(1)}A`,
      ),
      fc
        .nat({ max: honest.key.length - 1 })
        .map((at) => `${honest.key.slice(0, at)}${honest.key[at] === "x" ? "y" : "x"}${honest.key.slice(at + 1)}`),
    );
    const part = fc.oneof(
      fc.constantFrom(
        "sessions",
        "machines",
        "honest",
        "s-honest",
        "ws?machineId=honest",
        "pair",
        "register",
        "notifications",
        "send",
        "%",
        "%00",
        "%E0%A4%A",
        "..",
        "//",
      ),
      fc.string({ unit: "binary", maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed())),
    );
    await fc.assert(
      fc.asyncProperty(
        key,
        fc.array(part, { maxLength: 3 }),
        fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS"),
        async (given, parts, method) => {
          const headers = {
            Authorization: `Bearer ${encodeURI(given.toWellFormed())}`,
            Upgrade: "websocket",
            "CF-Connecting-IP": crypto.randomUUID(),
          };
          const response = await request(`/${parts.join("/")}`, { method, headers });
          await expectFair(response, [400, 401, 403, 404, 426, 429]);
          expect(log.errors).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  },
  FUZZ_WITHIN_MS,
);
