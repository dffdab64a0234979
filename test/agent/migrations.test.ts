import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { journalEpoch, MIGRATIONS, openDatabase } from "../../agent/store/database.ts";
import { Journal } from "../../agent/store/journal.ts";
import { Outbox } from "../../agent/store/outbox.ts";
import { SessionStore } from "../../agent/store/sessions.ts";
import { commandId, textCommand } from "./stand-in-router.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-migrations-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const CLOCK = { wall: () => 1, monotonic: () => 1 };
const BODY = JSON.stringify(textCommand(1, "s1", "one"));

/** What an agent of the first version could have left: a row of each kind in each table, with the columns of then. */
const FIRST_ROWS = [
  "INSERT INTO meta VALUES ('journalEpoch', 'epoch')",
  `INSERT INTO command (id, session_id, body, state, expires_at) VALUES ('${commandId(1)}', 's1', '${BODY}', 'journaled', 9)`,
  `INSERT INTO command (id, session_id, body, state, expires_at) VALUES ('${commandId(2)}', 's1', '${BODY}', 'injecting', 9)`,
  `INSERT INTO command (id, session_id, state, expires_at, outcome, error, finished_at)
     VALUES ('${commandId(3)}', 's1', 'finished', 9, 'failed', 'why', 1)`,
  // A cancel that came before its command: it named no session then.
  `INSERT INTO command (id, state, expires_at, outcome, finished_at) VALUES ('${commandId(4)}', 'finished', 9, 'cancelled', 1)`,
  "INSERT INTO session VALUES ('s1', NULL, 'bash', 7, 'start', 5)",
  `INSERT INTO outbox (session_id, body) VALUES ('s1', '{"kind":"register","registration":{"label":null,"startedAt":5}}')`,
  `INSERT INTO outbox (session_id, body) VALUES ('s1', '{"kind":"notification","body":{"sessionId":"s1","text":"Hi.","id":"n1"}}')`,
  `INSERT INTO outbox (session_id, body) VALUES ('s1', '{"kind":"unregister","reason":"exited","registration":{"label":null,"startedAt":5}}')`,
];

/** A file as this version left it, with the rows of the first one. */
function fileOf(version: number): string {
  const path = join(folder, `${version}.db`);
  const database = new DatabaseSync(path);
  MIGRATIONS.slice(0, version).forEach((step, index) => {
    database.exec(step);
    if (index === 0) for (const row of FIRST_ROWS) database.exec(row);
  });
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
  return path;
}

function shapeOf(database: DatabaseSync): unknown {
  return database.prepare("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
}

const VERSIONS = MIGRATIONS.map((_, index) => index + 1);

test.each(VERSIONS)(
  "a file of version %i is brought to the shape of a new one, and everything in it is read",
  (version) => {
    const fresh = openDatabase(join(folder, "new.db"));
    const database = openDatabase(fileOf(version));
    expect(shapeOf(database)).toEqual(shapeOf(fresh));
    expect(journalEpoch(database)).toBe("epoch");
    const journal = new Journal(database, CLOCK);
    expect(journal.recover()).toEqual([commandId(2)]);
    expect(journal.find(commandId(1))).toMatchObject({ state: "untyped" });
    expect(journal.unconfirmed().map(({ id, outcome }) => [id, outcome])).toEqual([
      [commandId(2), "unknown"],
      [commandId(3), "failed"],
    ]);
    expect(new SessionStore(database).all()).toMatchObject([{ sessionId: "s1", lane: "s1", claude: null }]);
    const outbox = new Outbox(database);
    const kinds = [];
    for (let row = outbox.head("s1"); row !== undefined; row = outbox.head("s1")) {
      kinds.push(row.item.kind);
      outbox.remove(row.position);
    }
    expect(kinds).toEqual(["register", "notification", "unregister"]);
    for (const one of [fresh, database]) one.close();
  },
);

test("a step that fails leaves the file as it was, for the version before to go on with", () => {
  const path = fileOf(1);
  const before = new DatabaseSync(path);
  before.exec("CREATE TABLE command_2 (in_the_way TEXT)");
  const shape = shapeOf(before);
  before.close();
  expect(() => openDatabase(path)).toThrow("already exists");
  const after = new DatabaseSync(path);
  expect(shapeOf(after)).toEqual(shape);
  expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
  after.close();
});
