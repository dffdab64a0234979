import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ClaudeSessions } from "../../../agent/claude/claude-sessions.ts";
import type { ClaudeSettings } from "../../../agent/claude/claude-settings.ts";
import { writeSlashCommands } from "../../../agent/claude/slash-command-files.ts";
import type { Hook } from "../../../agent/control/messages.ts";
import { Registry } from "../../../agent/session/registry.ts";
import { AskStore } from "../../../agent/store/asks.ts";
import { openDatabase, transaction } from "../../../agent/store/database.ts";
import { type Session, SessionStore } from "../../../agent/store/sessions.ts";
import type { NotificationBody } from "../../../src/protocol.ts";

/** The sessions of Claude Code on one machine, with a clock and settings of the test's, and what they tell the router. */
export class MachineOfClaude {
  now = 1_000_000;
  settings: ClaudeSettings = { allowShell: false, allowExit: false, alwaysNotify: false, awayMinutes: 30 };
  readonly registered: Session[] = [];
  /** The ids of sessions that ended. */
  readonly ended: string[] = [];
  readonly sent: NotificationBody[] = [];
  /** Sessions in which something changed: what waits for them is looked at. */
  readonly changed: string[] = [];
  readonly registry: Registry;
  readonly sessions: ClaudeSessions;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "ccr-sessions-"));
    const database = openDatabase(join(folder, "agent.db"));
    // It knows our slash commands.
    const env = { HOME: folder };
    writeSlashCommands(env);
    const clock = { wall: () => this.now, monotonic: () => this.now };
    this.registry = new Registry({
      store: new SessionStore(database),
      clock,
      transaction: (work) => transaction(database, work),
      register: (session) => void this.registered.push(session),
      ended: ({ sessionId }) => {
        this.ended.push(sessionId);
        return () => this.sessions.ended(sessionId);
      },
      changed: (sessionId) => void this.changed.push(sessionId),
    });
    this.sessions = new ClaudeSessions({
      registry: this.registry,
      asks: new AskStore(database, clock),
      clock,
      env,
      settings: () => this.settings,
      online: () => true,
      notify: (body) => void this.sent.push(body),
      closeQuestion: () => {},
      submitted: () => false,
      renamed: () => {},
      keep: (text) => text,
      pathOf: (text) => text,
      attempt: (work) => work(),
      log: () => {},
    });
    onTestFinished(() => {
      this.sessions.stop();
      database.close();
      rmSync(folder, { recursive: true });
    });
  }

  /** Tells of an event in a process, and waits until its hook is let go. */
  async tells(
    pid: number,
    event: Readonly<Record<string, unknown>>,
    env: Hook["env"] = {},
  ): Promise<string | undefined> {
    const input = { cwd: "/nowhere/project", ...event };
    const hook = { type: "hook", requestId: randomUUID(), event: "any", claudePid: pid } as const;
    const told = Promise.withResolvers<string | undefined>();
    this.sessions.hook(
      { ...hook, env: { CLAUDE_CODE_ENTRYPOINT: "cli", ...env }, input },
      { hold: () => {}, onGone: () => {}, release: told.resolve },
    );
    return await told.promise;
  }
}
