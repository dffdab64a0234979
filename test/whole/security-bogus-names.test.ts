import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OWNER, startSystem } from "./system.ts";
import type { System } from "./system.ts";

/** Of tokens, of names and of codes. */
const MANY = 1_000;
/** How many sessions the tokens name: each object that is asked costs a file, which is what takes the time. */
const REFS = 250;
/** So many at the same time. */
const LANES = 16;
/** Seconds on an idle machine; a thousand requests and hundreds of files on a busy one take their time. */
const WITHIN_MS = 240_000;
/** Any will do: with the same one, the same is guessed. */
const SEED = 20_261_026;

let system: System;

beforeAll(async () => {
  system = await startSystem({ machines: [], online: false });
});
afterAll(() => system.stop());

/** Different guesses, as varied as the shape allows. */
function guesses(shape: fc.Arbitrary<string>, count = MANY): string[] {
  const all = fc.uniqueArray(shape, { minLength: count, maxLength: count });
  const [sample = []] = fc.sample(all, { seed: SEED, numRuns: 1 });
  return sample;
}

const SESSION_REFS = fc.stringMatching(/^[A-Za-z0-9_-]{16}$/);
const TOKEN_ENDS = fc.stringMatching(/^[A-Za-z0-9_-]{12}$/);
const NAMES = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);
const CODES = fc.oneof(
  fc.stringMatching(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/),
  fc.stringMatching(/^[A-Za-z0-9]{8}$/),
  fc.stringMatching(/^[a-z0-9]{1,32}-[A-Z0-9]{4}-[A-Z0-9]{4}$/),
  fc.string({ unit: "binary", maxLength: 32 }),
);

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
    const database = new DatabaseSync(join(storage, path), { readOnly: true, timeout: 5_000 });
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

test(
  "a thousand guessed tokens, in commands, presses and taps, store nothing, and each is in the log",
  async () => {
    const refs = guesses(SESSION_REFS, REFS);
    const ends = guesses(TOKEN_ENDS);
    await inLanes(MANY, async (n) => {
      const token = `${refs[n % REFS]}${ends[n]}`;
      const ways = [
        written(n + 1, `/cmd ${token} ls`),
        pressed(n + 1, `cmd:${token}:yes`),
        written(n + 1, `/start ${token}`),
      ];
      expect(await deliver(ways[n % ways.length] ?? {})).toBe(200);
    });
    expect(stored("SessionDO")).toMatchObject({ files: REFS, tables: [] });
    const log = (): string => readFileSync(join(system.folder, "router", "router.log"), "utf8");
    const inLog = (): number => log().match(/"token\.unknown"/g)?.length ?? 0;
    await system.waitFor("all to be in the log", () => inLog() >= MANY);
    expect(inLog()).toBe(MANY);
    expect(log()).not.toContain('"error"');
  },
  WITHIN_MS,
);

/** 32 bytes that nobody else guesses, base64url: the random part of a key, or the hash of one. */
function bytesOf(seed: string): string {
  return createHash("sha256").update(seed).digest("base64url");
}

/** As one that no limit holds up yet. */
async function pairWith(name: string, code: string, n: number): Promise<number> {
  return ask(`/machines/${name}/pair`, {
    method: "POST",
    headers: { "CF-Connecting-IP": `2001:db8::${n.toString(16)}` },
    body: JSON.stringify({ code, keyHash: bytesOf(code) }),
  });
}

test(
  "a thousand machine names that nobody paired, in codes, keys and /unpair, store nothing",
  async () => {
    const names = guesses(NAMES);
    const codes = guesses(CODES);
    await inLanes(MANY, async (n) => {
      const [name = "", code = ""] = [names[n], codes[n]];
      const authorization = `Bearer ccr1.${name}.${bytesOf(name)}.${bytesOf(code).slice(0, 22)}`;
      const ways = [
        { is: 200, ask: () => deliver(written(n + 1, `/unpair ${name}`)) },
        { is: 403, ask: () => pairWith(name, code, n) },
        { is: 401, ask: () => ask(`/machines/${name}`, { headers: { authorization } }) },
      ];
      const way = ways[n % ways.length];
      expect([name, await way?.ask()]).toEqual([name, way?.is]);
    });
    const { files, tables } = stored("MachineDO");
    expect(tables).toEqual([]);
    // Where the MAC of a key is a stranger's, its object is not even asked.
    expect(files).toBeLessThanOrEqual((MANY * 2) / 3 + 1);
  },
  WITHIN_MS,
);

test(
  "a thousand guessed codes, for a machine that nobody pairs, store nothing",
  async () => {
    const codes = guesses(CODES);
    const before = stored("MachineDO").files;
    await inLanes(MANY, async (n) => {
      const code = codes[n] ?? "";
      expect([code, await pairWith("guessed", code, MANY + n)]).toEqual([code, 403]);
    });
    expect(stored("MachineDO")).toMatchObject({ files: before + 1, tables: [] });
  },
  WITHIN_MS,
);
