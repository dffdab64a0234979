import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ensurePrivateFolder } from "../private-files.ts";
import { DamagedFile, inWords } from "./trouble.ts";

/** One step a version. Steps that were released are never changed, only followed by others. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE command (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     session_id TEXT,
     body TEXT,
     state TEXT NOT NULL CHECK (state IN ('journaled', 'injecting', 'finished')),
     expires_at INTEGER NOT NULL,
     outcome TEXT CHECK ((outcome IS NULL) = (state <> 'finished')),
     error TEXT,
     finished_at INTEGER CHECK ((finished_at IS NULL) = (state <> 'finished')),
     result_stored INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX command_open ON command (state, session_id, position);
   CREATE INDEX command_unsettled ON command (position) WHERE state = 'finished' AND result_stored = 0;
   CREATE TABLE session (
     session_id TEXT PRIMARY KEY,
     label TEXT,
     program TEXT NOT NULL,
     pid INTEGER NOT NULL,
     process_start TEXT NOT NULL,
     started_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE outbox (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     session_id TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX outbox_lane ON outbox (session_id, position);`,
  // Sessions of Claude Code: what was typed may be proved later, and one goes on under another's name. What was cancelled
  // before it came had no session; the router, which has not heard of it yet, says again that it is cancelled.
  `CREATE TABLE command_2 (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     session_id TEXT NOT NULL,
     body TEXT,
     state TEXT NOT NULL CHECK (state IN ('journaled', 'injecting', 'typed', 'finished')),
     expires_at INTEGER NOT NULL,
     outcome TEXT CHECK ((outcome IS NULL) = (state <> 'finished')),
     error TEXT,
     finished_at INTEGER CHECK ((finished_at IS NULL) = (state <> 'finished')),
     result_stored INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   INSERT INTO command_2 SELECT * FROM command WHERE session_id IS NOT NULL;
   DROP TABLE command;
   ALTER TABLE command_2 RENAME TO command;
   CREATE INDEX command_open ON command (state, session_id, position);
   CREATE INDEX command_unsettled ON command (position) WHERE state = 'finished' AND result_stored = 0;
   ALTER TABLE session ADD COLUMN lane TEXT;
   ALTER TABLE session ADD COLUMN claude TEXT;`,
  // Questions of Claude Code that are answered in several steps, or held back from the terminal.
  `CREATE TABLE ask (
     hook TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     progress TEXT NOT NULL,
     held_until INTEGER,
     at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // What was answered at the terminal while no agent ran: its card is closed by the next one. Older rows have none.
  `ALTER TABLE ask ADD COLUMN session_id TEXT;
   ALTER TABLE ask ADD COLUMN shown TEXT;`,
];

const EPOCH = "journalEpoch";

/** Only one process writes; another one that looks at the file for longer must not stop the agent. */
const LOCKED_MS = 500;

/**
 * Opens the one file of journal, outbox and sessions, and brings it to the present schema. Every transaction is on
 * the disk when it returns.
 * @throws where the file cannot be written, is damaged, or was made by a newer version; says what to do.
 */
export function openDatabase(path: string): DatabaseSync {
  ensurePrivateFolder(dirname(path));
  // SQLite would make it with the mode of the umask, and its siblings take over the mode of this file.
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  const database = new DatabaseSync(path, { timeout: LOCKED_MS });
  let version: number;
  try {
    version = upgrade(database);
  } catch (error) {
    database.close();
    throw new Error(`${path} cannot be used: ${inWords(error, path)}.`, { cause: error });
  }
  if (version > MIGRATIONS.length) {
    database.close();
    throw new Error(`${path} was made by a newer ccr-agent. Update this one.`);
  }
  return database;
}

/** Brings a file to the present schema, unless it is beyond that. Returns the version that it had. */
function upgrade(database: DatabaseSync): number {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  const found = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") throw new DamagedFile(String(found));
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version);
  if (version > MIGRATIONS.length) return version;
  transaction(database, () => {
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    if (version === 0) renewEpoch(database);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
  return version;
}

/** Runs `work` whole or not at all. Not to be nested. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have rolled back by itself already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** A statement, prepared once: the agent repeats a few dozen, several of them for each command. */
export function statement(database: DatabaseSync, sql: string): StatementSync {
  const known = prepared.get(database) ?? new Map<string, StatementSync>();
  prepared.set(database, known);
  const made = known.get(sql) ?? database.prepare(sql);
  known.set(sql, made);
  return made;
}

/** What is remembered under a name, or undefined. */
export function readMeta(database: DatabaseSync, name: string): string | undefined {
  const value = statement(database, "SELECT value FROM meta WHERE name = ?").get(name)?.value;
  return typeof value === "string" ? value : undefined;
}

export function writeMeta(database: DatabaseSync, name: string, value: string): void {
  statement(database, "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value").run(
    name,
    value,
  );
}

/** What the journal knew is lost, or some of it: the router must not send again what it had sent. */
export function renewEpoch(database: DatabaseSync): void {
  writeMeta(database, EPOCH, randomBytes(12).toString("base64url"));
}

/** An id made together with the journal: another one means that what was journaled before is lost. */
export function journalEpoch(database: DatabaseSync): string {
  const epoch = readMeta(database, EPOCH);
  if (epoch === undefined) throw new Error("The journal has no epoch: its file is damaged.");
  return epoch;
}
