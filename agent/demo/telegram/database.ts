import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import * as v from "valibot";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS chat (id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (chat_id, message_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS happening (
    update_id INTEGER PRIMARY KEY, queue TEXT NOT NULL, expires_at INTEGER NOT NULL, pending INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS callback_query (id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS file (file_id TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`;

/** Opens what the stand-in remembers: a file in `folder`, or memory where there is none. */
export function openDatabase(folder: string | undefined): DatabaseSync {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(folder === undefined ? ":memory:" : join(folder, "telegram.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  database.exec(SCHEMA);
  return database;
}

/** Reads a stored value. What does not parse was written by another version: an error, not a guess. */
export function readJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: SQLOutputValue | undefined,
): v.InferOutput<Schema> {
  const json: unknown = JSON.parse(v.parse(v.string(), text));
  return v.parse(schema, json);
}
