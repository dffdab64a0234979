import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OWNER, startSystem } from "./system.ts";
import type { System } from "./system.ts";

/** Of tokens and of names; each that is asked for costs a file, which is what takes the time. */
const MANY = 500;
/** So many at the same time. */
const LANES = 16;
const RANDOM = randomBytes(32);

let system: System;

beforeAll(async () => {
  system = await startSystem({ machines: [], online: false });
});
afterAll(() => system.stop());

async function inLanes(count: number, work: (n: number) => Promise<void>): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let n = lane; n < count; n += LANES) await work(n);
  });
  await Promise.all(lanes);
}

/** What the objects of a kind have stored: how many have a file, and the tables in all of these. */
function stored(className: "SessionDO" | "MachineDO"): { files: number; tables: unknown[] } {
  const storage = join(system.folder, "router", "storage");
  const files = readdirSync(storage, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.includes(className) && path.endsWith(".sqlite") && !path.includes("metadata"),
  );
  const tables = files.flatMap((path) => {
    const database = new DatabaseSync(join(storage, path), { readOnly: true });
    const found = database.prepare("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").all();
    database.close();
    return found;
  });
  return { files: files.length, tables };
}

const FROM = { id: OWNER, is_bot: false, first_name: "Ann" };
const CHAT = { id: OWNER, type: "private" };

function written(n: number, text: string): Record<string, unknown> {
  return { message: { message_id: n, date: Math.floor(Date.now() / 1_000), chat: CHAT, from: FROM, text } };
}

function pressed(n: number, data: string): Record<string, unknown> {
  const message = { message_id: n, date: 1, chat: CHAT };
  return { callback_query: { id: `bogus${n}`, from: FROM, message, chat_instance: "1", data } };
}

/** Past the stand-in for Telegram, which would never bring such a press. */
async function deliver(update: Record<string, unknown>): Promise<number> {
  return ask(new URL(system.stack.webhookUrl).pathname, {
    method: "POST",
    headers: { "X-Telegram-Bot-Api-Secret-Token": system.secrets.webhookSecret },
    body: JSON.stringify({ update_id: 1, ...update }),
  });
}

async function ask(path: string, init: RequestInit): Promise<number> {
  const response = await fetch(`${system.router.url}${path}`, init);
  await response.arrayBuffer();
  return response.status;
}

test("hundreds of guessed tokens, in commands, presses and taps, store nothing, and each is in the log", async () => {
  await inLanes(MANY, async (n) => {
    const token = randomBytes(21).toString("base64url");
    const guesses = [
      written(n + 1, `/cmd ${token} ls`),
      pressed(n + 1, `cmd:${token}:yes`),
      written(n + 1, `/start ${token}`),
    ];
    expect(await deliver(guesses[n % guesses.length] ?? {})).toBe(200);
  });
  expect(stored("SessionDO")).toMatchObject({ files: MANY, tables: [] });
  const log = readFileSync(join(system.folder, "router", "router.log"), "utf8");
  expect(log.match(/"token\.unknown"/g)).toHaveLength(MANY);
  expect(log).not.toContain('"error"');
});

/** What is tried with a name that nobody paired, and what it may be answered. */
function attempts(name: string, n: number): { request: () => Promise<number>; fair: number[] }[] {
  const mac = randomBytes(16).toString("base64url");
  const authorization = `Bearer ccr1.${name}.${RANDOM.toString("base64url")}.${mac}`;
  const keyHash = createHash("sha256").update(RANDOM).digest("base64url");
  return [
    { request: () => deliver(written(n + 1, `/unpair ${name}`)), fair: [200] },
    {
      request: () =>
        ask(`/machines/${name}/pair`, {
          method: "POST",
          headers: { "CF-Connecting-IP": `192.0.2.${n % 256}` },
          body: JSON.stringify({ code: `${name}-0000-0000`, keyHash }),
        }),
      fair: [403, 429],
    },
    { request: () => ask(`/machines/${name}`, { headers: { authorization } }), fair: [401] },
  ];
}

test("hundreds of machine names that nobody paired, in codes, keys and /unpair, store nothing", async () => {
  await inLanes(MANY, async (n) => {
    const tried = attempts(`bogus-${n}`, n)[n % 3];
    expect(tried?.fair).toContain(await tried?.request());
  });
  const { files, tables } = stored("MachineDO");
  expect(tables).toEqual([]);
  // Where the MAC of a key is a stranger's, its object is not even asked.
  expect(files).toBeLessThanOrEqual((MANY * 2) / 3 + 1);
});
