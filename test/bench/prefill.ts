import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { OWNER } from "./testbed.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Numbers from here on are of no message that the bench itself sends. */
const FIRST_MESSAGE = 900_000_000;
const TEXT = "run the tests again, please";

const Registration = v.object({ session_id: v.string() });

/** Writes a day's worth of finished commands, and as many messages, into every session. The runtime is stopped. */
export function fillSessions(storage: string, each: number): { sessions: number; commands: number } {
  let sessions = 0;
  for (const [database] of sessionsIn(storage)) {
    addCommands(database, each, "typed");
    const message = database.prepare(
      "INSERT INTO message (chat_id, message_id, keyboard, role, at) VALUES (?, ?, ?, 'note', ?)",
    );
    const keyboard = JSON.stringify([[{ text: "Continue", callback_data: `cmd:${"t".repeat(28)}:continue` }]]);
    for (let n = 0; n < each; n++) message.run(OWNER, FIRST_MESSAGE + n, keyboard, Date.now() - n);
    database.exec("COMMIT");
    database.close();
    sessions += 1;
  }
  return { sessions, commands: sessions * each };
}

/** Queues commands for a machine that is away, as it is after they were offered. The runtime is stopped. */
export function queueCommands(storage: string, each: number): number {
  const waiting: { id: string; sessionId: string }[] = [];
  for (const [database, sessionId] of sessionsIn(storage)) {
    const ref = createHash("sha256").update(sessionId).digest().subarray(0, 12).toString("base64url");
    const names = addCommands(database, each, "offered");
    database.exec("COMMIT");
    database.close();
    waiting.push(...names.map((name) => ({ id: `${ref}.${name}`, sessionId })));
  }
  const machine = databasesIn(storage, "queue")[0];
  if (machine === undefined) throw new Error("there is no machine here");
  const add = machine.prepare(
    `INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, expires_at) VALUES (?, ?, ?, 'text', 0, ?, ?)`,
  );
  machine.exec("BEGIN");
  for (const { id, sessionId } of waiting) add.run(id, OWNER, sessionId, `${TEXT} ${id}`, Date.now() + DAY_MS);
  machine.exec("COMMIT");
  machine.close();
  return waiting.length;
}

/** Leaves the transaction open. Returns the names of the commands. */
function addCommands(database: DatabaseSync, count: number, state: "typed" | "offered"): string[] {
  const add = database.prepare(
    `INSERT INTO command (is_open, name, position, kind, text, chat_id, message_id, session_id, machine_id, owner_id,
       state, accepted_at, expires_at, receipt)
     SELECT ?, ?, ?, 'text', ?, ?, ?, session_id, machine_id, owner_id, ?, ?, ?, ? FROM registration`,
  );
  const last = Number(database.prepare("SELECT COALESCE(MAX(position), 0) AS last FROM command").get()?.["last"]);
  const at = Date.now() - 60_000;
  const isOpen = state === "offered" ? 1 : 0;
  database.exec("BEGIN");
  return Array.from({ length: count }, (_, n) => {
    const name = `m${OWNER}.${FIRST_MESSAGE + n}`;
    const receipt = state === "typed" ? "done" : "asleep";
    add.run(isOpen, name, last + n + 1, TEXT, OWNER, FIRST_MESSAGE + n, state, at, at + DAY_MS, receipt);
    return name;
  });
}

function sessionsIn(storage: string): [DatabaseSync, sessionId: string][] {
  return databasesIn(storage, "registration").flatMap((database): [DatabaseSync, string][] => {
    const row = database.prepare("SELECT session_id FROM registration").get();
    return row === undefined ? [] : [[database, v.parse(Registration, row).session_id]];
  });
}

/** The databases of the objects that have this table. */
function databasesIn(storage: string, table: string): DatabaseSync[] {
  return readdirSync(storage, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sqlite"))
    .flatMap((name) => {
      const database = new DatabaseSync(join(storage, name));
      if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined) return [database];
      database.close();
      return [];
    });
}
