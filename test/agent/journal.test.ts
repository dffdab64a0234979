import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { journalEpoch, MIGRATIONS, openDatabase } from "../../agent/store/database.ts";
import { Journal } from "../../agent/store/journal.ts";
import { SessionStore } from "../../agent/store/sessions.ts";
import { commandId, textCommand } from "./stand-in-router.ts";

const HOUR = 3_600_000;

let folder: string;
let database: DatabaseSync;
let journal: Journal;
let now: number;

function open(): void {
  database = openDatabase(join(folder, "agent.db"));
  journal = new Journal(database, { wall: () => now, monotonic: () => now });
}

/** As a crash leaves it: a second connection sees only what was committed. */
function reopen(): void {
  database.close();
  open();
}

function bodies(): unknown[] {
  return database
    .prepare("SELECT body FROM command")
    .all()
    .map((row) => row.body);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-journal-"));
  now = Date.parse("2026-11-22T10:00:00Z");
  open();
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test("every transaction is synced to the disk", () => {
  expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
});

test("a command that was received waits, also after a restart", () => {
  const command = textCommand(1, "s1", "hello");
  expect(journal.receive(command)).toEqual({ state: "untyped", position: 1, command });
  reopen();
  expect(journal.receive(command)).toEqual({ state: "untyped", position: 1, command });
  expect(journal.waiting()).toEqual(new Map([["s1", 1]]));
});

test("a command that is known keeps its place", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.receive(textCommand(2, "s1", "two"));
  expect(journal.receive(textCommand(1, "s1", "one"))).toMatchObject({ position: 1 });
});

test("what was being typed at a crash is unknown for ever, and not typed again", () => {
  const command = textCommand(1, "s1", "hello");
  journal.receive(command);
  expect(journal.beginInjecting(command.id)).toBe(true);
  reopen();
  expect(journal.recover()).toEqual([command.id]);
  expect(journal.receive(command)).toMatchObject({ state: "finished", result: { outcome: "unknown" } });
  expect(journal.beginInjecting(command.id)).toBe(false);
});

test("a command that waits or has ended is not unknown after a crash", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.receive(textCommand(2, "s1", "two"));
  journal.beginInjecting(commandId(2));
  journal.finish(commandId(2), "typed");
  reopen();
  expect(journal.recover()).toEqual([]);
});

test("what the terminal did not touch waits again", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.beginInjecting(commandId(1));
  journal.putBack(commandId(1));
  expect(journal.find(commandId(1))).toMatchObject({ state: "untyped" });
});

test("a result is final", () => {
  journal.receive(textCommand(1, "s1", "one"));
  expect(journal.finish(commandId(1), "typed")).toBe(true);
  expect(journal.finish(commandId(1), "failed", "late")).toBe(false);
  journal.cancel(commandId(1), "s1");
  expect(journal.failSession("s1", "ended")).toEqual([]);
  expect(journal.find(commandId(1))).toMatchObject({ result: { outcome: "typed" } });
});

test("results are told until the router has stored them; then their texts are gone and their ids stay", () => {
  journal.receive(textCommand(1, "s1", "a secret"));
  journal.finish(commandId(1), "failed", "no such key");
  const result = { id: commandId(1), sessionId: "s1", outcome: "failed", error: "no such key" };
  expect(journal.unconfirmed()).toEqual([result]);
  reopen();
  expect(journal.unconfirmed()).toEqual([result]);
  journal.confirm(commandId(1));
  expect(journal.unconfirmed()).toEqual([]);
  expect(bodies()).toEqual([null]);
  expect(journal.receive(textCommand(1, "s1", "a secret"))).toMatchObject({
    state: "finished",
    result: { outcome: "failed" },
  });
  expect(bodies()).toEqual([null]);
});

test("a confirmation of what has not ended changes nothing", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.confirm(commandId(1));
  expect(journal.find(commandId(1))).toMatchObject({ state: "untyped" });
});

test("ids are kept for 25 hours, and for as long as their result is not stored", () => {
  for (const n of [1, 2]) {
    journal.receive(textCommand(n, "s1", "text"));
    journal.finish(commandId(n), "typed");
  }
  journal.confirm(commandId(1));
  now += 25 * HOUR;
  journal.prune();
  expect(journal.find(commandId(1))).toBeDefined();
  now += 1;
  journal.prune();
  expect(journal.find(commandId(1))).toBeUndefined();
  expect(journal.find(commandId(2))).toBeDefined();
});

test("a cancelled command is not typed, also where the cancel comes first", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.cancel(commandId(1), "s1");
  journal.cancel(commandId(2), "s2");
  reopen();
  expect(journal.receive(textCommand(1, "s1", "one"))).toMatchObject({
    result: { outcome: "cancelled", sessionId: "s1" },
  });
  expect(journal.receive(textCommand(2, "s1", "two"))).toMatchObject({
    result: { outcome: "cancelled", sessionId: "s2" },
  });
});

test("a cancel that comes while it is typed does not hide what becomes of it", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.beginInjecting(commandId(1));
  journal.cancel(commandId(1), "s1");
  expect(journal.find(commandId(1))).toMatchObject({ state: "injecting" });
});

test("what is over by the wall clock expires, after a restart too", () => {
  journal.receive(textCommand(1, "s1", "one", 10_000));
  journal.receive(textCommand(2, "s1", "two", 10_001));
  reopen();
  now += 10_000;
  expect(journal.expire()).toEqual([commandId(1)]);
  expect(journal.find(commandId(1))).toMatchObject({ result: { outcome: "expired" } });
});

test("a command that is sent again takes over the router's remaining time", () => {
  journal.receive(textCommand(1, "s1", "one", 10_000));
  journal.receive(textCommand(1, "s1", "one", 60_000));
  now += 10_000;
  expect(journal.expire()).toEqual([]);
});

test("a session's end fails what waits for it, and nothing of others", () => {
  journal.receive(textCommand(1, "s1", "one"));
  journal.receive(textCommand(2, "s2", "two"));
  journal.receive(textCommand(3, "s1", "three"));
  expect(journal.failSession("s1", "its session ended")).toEqual([commandId(1), commandId(3)]);
  expect(journal.find(commandId(2))).toMatchObject({ state: "untyped" });
});

test("the epoch stays with its file, and a new file has another", () => {
  const epoch = journalEpoch(database);
  reopen();
  expect(journalEpoch(database)).toBe(epoch);
  database.close();
  rmSync(folder, { recursive: true });
  open();
  expect(journalEpoch(database)).not.toBe(epoch);
});

test("a journal that cannot be written throws instead of promising", () => {
  const other = new DatabaseSync(join(folder, "agent.db"));
  other.exec("BEGIN IMMEDIATE");
  database.exec("PRAGMA busy_timeout = 0");
  expect(() => journal.receive(textCommand(1, "s1", "one"))).toThrow("locked");
  other.close();
  expect(journal.find(commandId(1))).toBeUndefined();
});

test("a file of a newer version is refused, with what to do", () => {
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openDatabase(join(folder, "agent.db"))).toThrow("Update");
  rmSync(folder, { recursive: true });
  open();
});

test("what was typed and not proved survives a crash, and is neither unknown nor typed again", () => {
  const command = textCommand(1, "s1", "hello");
  journal.receive(command);
  journal.beginInjecting(command.id);
  journal.markTyped(command.id);
  reopen();
  expect(journal.recover()).toEqual([]);
  expect(journal.receive(command)).toEqual({ state: "typed", position: 1, command });
  expect(journal.beginInjecting(command.id)).toBe(false);
  expect(journal.unproved("s1")).toEqual([command]);
});

test("what was typed ends as typed when its time is over, or with its session", () => {
  for (const n of [1, 2]) {
    journal.receive(textCommand(n, `s${n}`, "hello", HOUR));
    journal.beginInjecting(commandId(n));
    journal.markTyped(commandId(n));
  }
  journal.receive(textCommand(3, "s2", "never typed", HOUR));
  expect(journal.failSession("s2", "over")).toEqual([commandId(2), commandId(3)]);
  now += 2 * HOUR;
  expect(journal.expire()).toEqual([commandId(1)]);
  expect(journal.unconfirmed().map(({ id, outcome }) => [id, outcome])).toEqual([
    [commandId(1), "typed"],
    [commandId(2), "typed"],
    [commandId(3), "failed"],
  ]);
});

test("what was remarked when it was typed is told with its end, however it ends, after a crash too", () => {
  for (const n of [1, 2, 3]) {
    journal.receive(textCommand(n, `s${n}`, "hello", HOUR));
    journal.beginInjecting(commandId(n));
    journal.markTyped(commandId(n), "1 character was left out");
  }
  reopen();
  journal.finish(commandId(1), "accepted");
  journal.failSession("s2", "over");
  now += 2 * HOUR;
  journal.expire();
  expect(journal.unconfirmed()).toMatchObject([
    { outcome: "accepted", error: "1 character was left out" },
    { outcome: "typed", error: "1 character was left out" },
    { outcome: "typed", error: "1 character was left out" },
  ]);
});

test("a session that goes on under another name takes along all that has no result, in order", () => {
  journal.receive(textCommand(1, "s1", "ended"));
  journal.finish(commandId(1), "cancelled");
  for (const n of [2, 3, 4]) journal.receive(textCommand(n, n === 3 ? "other" : "s1", "hello"));
  journal.beginInjecting(commandId(2));
  journal.renameSession("s1", "s2");
  journal.markTyped(commandId(2));
  expect(journal.unproved("s2")).toEqual([textCommand(2, "s2", "hello")]);
  expect(journal.find(commandId(4))).toMatchObject({ state: "untyped", command: { sessionId: "s2" } });
  expect(journal.find(commandId(1))).toMatchObject({ result: { sessionId: "s1" } });
  expect(journal.waiting()).toEqual(
    new Map([
      ["other", 1],
      ["s2", 1],
    ]),
  );
});

test("a file of the first version is taken over with all that is in it", () => {
  const path = join(folder, "first.db");
  const first = new DatabaseSync(path);
  first.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1; INSERT INTO meta VALUES ('journalEpoch', 'epoch')`);
  const insert = first.prepare(
    "INSERT INTO command (id, session_id, body, state, expires_at, outcome, finished_at) VALUES (?, 's1', ?, ?, 1, ?, ?)",
  );
  insert.run(commandId(1), JSON.stringify(textCommand(1, "s1", "one")), "finished", "typed", 1);
  insert.run(commandId(2), JSON.stringify(textCommand(2, "s1", "two")), "injecting", null, null);
  insert.run(commandId(3), JSON.stringify(textCommand(3, "s1", "three")), "journaled", null, null);
  first.exec("INSERT INTO session VALUES ('s1', 'api', 'bash', 7, 'start', 5)");
  first.close();

  database.close();
  database = openDatabase(path);
  journal = new Journal(database, { wall: () => now, monotonic: () => now });
  expect(journalEpoch(database)).toBe("epoch");
  expect(journal.recover()).toEqual([commandId(2)]);
  expect(journal.find(commandId(1))).toMatchObject({ state: "finished", result: { outcome: "typed" } });
  expect(journal.find(commandId(3))).toMatchObject({ state: "untyped", position: 3 });
  expect(new SessionStore(database).all()).toEqual([
    {
      sessionId: "s1",
      label: "api",
      program: "bash",
      pid: 7,
      processStart: "start",
      startedAt: 5,
      lane: "s1",
      claude: null,
    },
  ]);
});
