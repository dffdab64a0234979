import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AskStore } from "../../agent/store/asks.ts";
import { openDatabase } from "../../agent/store/database.ts";

const HOUR = 60 * 60 * 1_000;
const ASK = {
  name: "0123456789a",
  progress: { step: 2, answers: { "Which colour?": ["Blue"] }, chosen: ["S"] },
  heldUntil: 5_000,
  sessionId: "s1",
  shown: "0123456789a2",
};

let folder: string;
let database: DatabaseSync;
let now: number;
let asks: AskStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-asks-"));
  now = 1_000;
  database = openDatabase(join(folder, "agent.db"));
  asks = new AskStore(database, { wall: () => now, monotonic: () => now });
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test("what was answered so far is there again after a restart, the newest of it", () => {
  asks.save("one", { ...ASK, name: "another", progress: { step: 1, answers: {}, chosen: [] }, heldUntil: null });
  asks.save("one", ASK);
  database.close();
  database = openDatabase(join(folder, "agent.db"));
  asks = new AskStore(database, { wall: () => now, monotonic: () => now });
  expect([asks.read("one"), asks.read("two")]).toEqual([ASK, undefined]);
});

test("what is removed, and what no hook can come back for, is gone", () => {
  for (const name of ["removed", "old"]) asks.save(name, ASK);
  now += 47 * HOUR;
  asks.save("young", ASK);
  asks.prune();
  expect(asks.read("old")).toEqual(ASK);
  asks.remove("removed");
  now += 2 * HOUR;
  asks.prune();
  expect(["removed", "old", "young"].map((name) => asks.read(name) === undefined)).toEqual([true, true, false]);
});

test("the cards that are on the phone are known, under the name that their session has now", () => {
  asks.save("one", ASK);
  asks.save("two", { ...ASK, sessionId: "s2", shown: "nonce" });
  asks.renameSession("s1", "s3");
  expect(asks.shown()).toEqual([
    { hook: "one", sessionId: "s3", nonce: ASK.shown },
    { hook: "two", sessionId: "s2", nonce: "nonce" },
  ]);
});

test("a question that an older agent kept is read, and has no card that is known", () => {
  database.exec(
    `INSERT INTO ask (hook, name, progress, at) VALUES ('one', 'another', '${JSON.stringify(ASK.progress)}', 1)`,
  );
  expect([asks.read("one")?.name, asks.shown()]).toEqual(["another", []]);
});
