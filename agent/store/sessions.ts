import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { statement } from "./database.ts";

/** Where a session of Claude Code can be typed into. */
export const Place = v.variant("kind", [
  /** The terminal of a `ccr-agent run`, by that session's id. */
  v.object({ kind: v.literal("run"), sessionId: v.string() }),
  v.object({ kind: v.literal("tmux"), socket: v.string(), pane: v.string() }),
  v.object({ kind: v.literal("nvim"), server: v.string(), jobPid: v.number() }),
  v.object({ kind: v.literal("none") }),
]);
export type Place = v.InferOutput<typeof Place>;

/** What is remembered of a session of Claude Code besides. */
const Claude = v.object({
  place: Place,
  /** Whether the ends of its turns are sent to the phone; null where the user did not choose: then the setting says it. */
  notify: v.nullable(v.boolean()),
  /** Whether nobody sits at its terminal: questions are held back from there. */
  away: v.optional(v.boolean(), false),
  /** Whether the user gave it its label: then it keeps that, whatever Claude Code calls it. */
  named: v.optional(v.boolean(), false),
  /** What Claude Code calls it, in one line; empty where that is nothing. */
  title: v.optional(v.string(), ""),
  /** Whether it draws without colours: then nothing on its screen tells what it proposes from what was typed. */
  plain: v.optional(v.boolean(), false),
  /** The folder of its settings and of the user's commands. Absent: where the agent's environment says. */
  folder: v.exactOptional(v.string()),
});
export type Claude = v.InferOutput<typeof Claude>;

/** A session that lives on this machine. */
export interface Session {
  sessionId: string;
  label: string | null;
  /** For people: the name of what runs in it. */
  program: string;
  /** Its process, by number and start: a number alone is given again to others. */
  pid: number;
  processStart: string;
  /** By the wall clock. */
  startedAt: number;
  /** Whose queue to the router it uses: its own, or that of the session it goes on for. */
  lane: string;
  /** Null for a program under `ccr-agent run`. */
  claude: Claude | null;
}

/** Whether it runs where it can be typed into, now or once its terminal is back. */
export function isTypable({ claude }: Pick<Session, "claude">): boolean {
  return claude?.place.kind !== "none";
}

const Row = v.object({
  session_id: v.string(),
  label: v.nullable(v.string()),
  program: v.string(),
  pid: v.number(),
  process_start: v.string(),
  started_at: v.number(),
  lane: v.nullable(v.string()),
  claude: v.nullable(v.pipe(v.string(), v.parseJson(), Claude)),
});

/** The sessions of this machine, kept over a restart of the agent. */
export class SessionStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  save(session: Session): void {
    statement(this.#database, "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
      session.sessionId,
      session.label,
      session.program,
      session.pid,
      session.processStart,
      session.startedAt,
      session.lane,
      session.claude === null ? null : JSON.stringify(session.claude),
    );
  }

  remove(sessionId: string): void {
    statement(this.#database, "DELETE FROM session WHERE session_id = ?").run(sessionId);
  }

  /** All of them, the oldest first. */
  all(): Session[] {
    const rows = statement(this.#database, "SELECT * FROM session ORDER BY started_at, session_id").all();
    return rows.map((row) => {
      const parsed = v.parse(Row, row);
      return {
        sessionId: parsed.session_id,
        label: parsed.label,
        program: parsed.program,
        pid: parsed.pid,
        processStart: parsed.process_start,
        startedAt: parsed.started_at,
        lane: parsed.lane ?? parsed.session_id,
        claude: parsed.claude,
      };
    });
  }
}
