import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { NotificationBody } from "../../src/protocol.ts";
import { readMeta, statement, writeMeta } from "./database.ts";
import { isTypable, type Session } from "./sessions.ts";

const Registration = v.object({
  label: v.nullable(v.string()),
  /** By the wall clock. The claim is made of it when it is sent, however long it waited. */
  startedAt: v.number(),
  /** Absent: it can be typed into. */
  typable: v.exactOptional(v.boolean()),
});

/** What it takes to register a session. */
export type Registration = v.InferOutput<typeof Registration>;

export function registrationOf(session: Pick<Session, "label" | "startedAt" | "claude">): Registration {
  const { label, startedAt } = session;
  return isTypable(session) ? { label, startedAt } : { label, startedAt, typable: false };
}

/** Whom it is about, where that is not the session whose queue it stands in. */
const Subject = v.exactOptional(v.string());

const OutboxItem = v.variant("kind", [
  v.object({
    kind: v.literal("register"),
    sessionId: Subject,
    registration: Registration,
    /** The session that this one goes on for. */
    replaces: v.exactOptional(v.string()),
  }),
  v.object({ kind: v.literal("notification"), body: NotificationBody }),
  /** The question is over here. */
  v.object({ kind: v.literal("close"), sessionId: Subject, nonce: v.string(), by: v.string() }),
  /** Holds the registration too: what waits before it may need the session once more. */
  v.object({ kind: v.literal("unregister"), sessionId: Subject, reason: v.string(), registration: Registration }),
]);

/** Something that the router has to be told about a session. */
export type OutboxItem = v.InferOutput<typeof OutboxItem>;

/** An item in its place. */
export interface OutboxRow {
  position: number;
  item: OutboxItem;
}

const Row = v.object({ position: v.number(), body: v.pipe(v.string(), v.parseJson(), OutboxItem) });

const Failure = v.object({
  /** By the wall clock. */
  at: v.number(),
  sessionId: v.string(),
  what: v.string(),
  error: v.string(),
});

/** What the router refused for good, most recently. */
export type OutboxFailure = v.InferOutput<typeof Failure>;

const FAILURE = "lastOutboxFailure";

/** The session that an item in this queue is about. */
export function subjectOf(lane: string, item: OutboxItem): string {
  return item.kind === "notification" ? item.body.sessionId : (item.sessionId ?? lane);
}

/** What the router has to be told, in one order a session. On the disk when a method returns. */
export class Outbox {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  append(sessionId: string, item: OutboxItem): void {
    statement(this.#database, "INSERT INTO outbox (session_id, body) VALUES (?, ?)").run(
      sessionId,
      JSON.stringify(item),
    );
  }

  /** What goes next for this session. */
  head(sessionId: string): OutboxRow | undefined {
    const row = statement(
      this.#database,
      "SELECT position, body FROM outbox WHERE session_id = ? ORDER BY position LIMIT 1",
    ).get(sessionId);
    if (row === undefined) return undefined;
    const { position, body } = v.parse(Row, row);
    return { position, item: body };
  }

  /** How a session in this queue registers, by the newest item that says so. */
  registration(lane: string, about: string): Registration | undefined {
    // A statement of its own: it may be left before its last row, and stays open then.
    const rows = this.#database
      .prepare("SELECT position, body FROM outbox WHERE session_id = ? ORDER BY position DESC")
      .iterate(lane);
    for (const row of rows) {
      const item = v.parse(Row, row).body;
      if ("registration" in item && subjectOf(lane, item) === about) return item.registration;
    }
    return undefined;
  }

  remove(position: number): void {
    statement(this.#database, "DELETE FROM outbox WHERE position = ?").run(position);
  }

  /** How many items wait, by session. */
  waiting(): Map<string, number> {
    const Count = v.object({ session_id: v.string(), n: v.number() });
    const rows = statement(this.#database, "SELECT session_id, count(*) AS n FROM outbox GROUP BY session_id").all();
    return new Map(rows.map((row) => v.parse(Count, row)).map((row) => [row.session_id, row.n]));
  }

  noteFailure(failure: OutboxFailure): void {
    writeMeta(this.#database, FAILURE, JSON.stringify(failure));
  }

  lastFailure(): OutboxFailure | null {
    const text = readMeta(this.#database, FAILURE);
    return text === undefined ? null : v.parse(v.pipe(v.string(), v.parseJson(), Failure), text);
  }
}
