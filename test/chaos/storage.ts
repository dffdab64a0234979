import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { alarmIn } from "./alarms.ts";
import type { Alarm, StoredCommand } from "./history.ts";

/** What the objects hold on the disk: read beside the running runtime, without going through its code. */
export interface Stored {
  commands: StoredCommand[];
  /** The machine that each session is said to run on; null where it is said to be over. */
  places: Map<string, string | null>;
  /** What an idle system has none of, in words. */
  leftovers: string[];
  alarms: Alarm[];
}

const CommandRow = v.object({
  name: v.string(),
  position: v.number(),
  kind: v.string(),
  text: v.string(),
  state: v.string(),
  error: v.nullable(v.string()),
  machine_id: v.string(),
  same_as: v.nullable(v.string()),
  button: v.nullable(v.string()),
  chat_id: v.number(),
  message_id: v.number(),
  accepted_at: v.number(),
  expires_at: v.number(),
  receipt_due: v.nullable(v.number()),
  cancel_asked: v.number(),
});

const RegistrationRow = v.object({
  session_id: v.string(),
  machine_id: v.string(),
  ended_at: v.nullable(v.number()),
});
const AgentRow = v.object({ id: v.string(), state: v.string(), outcome: v.nullable(v.string()) });

/** What may lie in the tables of an idle object. In any other table, a new one for example, a row is a leftover. */
const REMAINS = {
  session: [
    "schema_version",
    "registration",
    "token",
    "command",
    "said",
    "message",
    "question",
    "notification",
    "pruning",
  ],
  machine: ["schema_version", "machine", "pairing", "session"],
};

/** @param folder where the runtime keeps its storage */
export function readStorage(folder: string): Stored {
  const stored: Stored = { commands: [], places: new Map(), leftovers: [], alarms: [] };
  for (const path of databasesIn(folder, "SessionDO")) reading(path, (database) => readSession(database, stored));
  for (const path of databasesIn(folder, "MachineDO")) reading(path, (database) => readMachine(database, stored));
  return stored;
}

/** What an agent still has to do: the ids of the commands that it has not typed, all else in words. */
export function readAgent(path: string, machine: string): { untyped: string[]; left: string[] } {
  const untyped: string[] = [];
  const left: string[] = [];
  reading(path, (database) => {
    for (const row of database.prepare("SELECT * FROM command WHERE state <> 'finished' OR result_stored = 0").all()) {
      const { id, state, outcome } = v.parse(AgentRow, row);
      if (state === "journaled") untyped.push(id);
      else left.push(`${machine}'s journal: ${id} is ${state} ${outcome ?? ""}`);
    }
    for (const row of database.prepare("SELECT body FROM outbox").all()) {
      left.push(`${machine}'s outbox: ${String(row["body"])}`);
    }
  });
  return { untyped, left };
}

function readSession(database: DatabaseSync, stored: Stored): void {
  const [registration] = rows(database, "SELECT * FROM registration");
  if (registration === undefined) return;
  const { session_id: session, machine_id: machine, ended_at: endedAt } = v.parse(RegistrationRow, registration);
  stored.places.set(session, endedAt === null ? machine : null);
  stored.alarms.push(...alarmIn(database, "session", session));
  for (const row of rows(database, "SELECT * FROM command ORDER BY position")) {
    const parsed = v.parse(CommandRow, row);
    const command: StoredCommand = {
      session,
      name: parsed.name,
      position: parsed.position,
      kind: parsed.kind,
      text: parsed.text,
      state: parsed.state,
      error: parsed.error,
      machineId: parsed.machine_id,
      sameAs: parsed.same_as,
      button: parsed.button,
      chatId: parsed.chat_id,
      messageId: parsed.message_id,
      acceptedAt: parsed.accepted_at,
      expiresAt: parsed.expires_at,
      receiptDue: parsed.receipt_due,
      cancelAsked: parsed.cancel_asked === 1,
    };
    stored.commands.push(command);
    if (command.state === "offered" || command.state === "held" || command.receiptDue !== null)
      stored.leftovers.push(`${session}: ${command.name} is ${command.state}, receipt due ${command.receiptDue}`);
  }
  stored.leftovers.push(...leftIn(database, "session", session));
}

function readMachine(database: DatabaseSync, stored: Stored): void {
  const [machine] = rows(database, "SELECT name FROM machine");
  if (machine === undefined) return;
  stored.alarms.push(...alarmIn(database, "machine", String(machine["name"])));
  stored.leftovers.push(...leftIn(database, "machine", String(machine["name"])));
}

function leftIn(database: DatabaseSync, kind: keyof typeof REMAINS, object: string): string[] {
  const tables = rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => String(name));
  return tables
    .filter((table) => !REMAINS[kind].includes(table) && !table.startsWith("_cf_") && !table.startsWith("sqlite_"))
    .flatMap((table) => rows(database, `SELECT * FROM "${table}"`).map((row) => `${table}: ${JSON.stringify(row)}`))
    .map((left) => `${object}: ${left}`);
}

function rows(database: DatabaseSync, statement: string): Record<string, unknown>[] {
  return database.prepare(statement).all();
}

function databasesIn(folder: string, className: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes(`-${className}`) && path.endsWith(".sqlite") && !path.endsWith("metadata.sqlite"))
    .map((path) => join(folder, path));
}

function reading(path: string, work: (database: DatabaseSync) => void): void {
  if (!existsSync(path)) return;
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  try {
    // An object that was asked for and never created has no tables.
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name IN ('command', 'machine')").get() !== undefined)
      work(database);
  } finally {
    database.close();
  }
}
