import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import {
  LIMITS,
  PROTOCOL,
  type Command,
  type Hello,
  type NotificationBody,
  type RouterFrame,
} from "../../src/protocol.ts";
import { systemClock as clock } from "../clock.ts";
import { readClaudeSettings } from "../claude/claude-settings.ts";
import { ClaudeSessions } from "../claude/claude-sessions.ts";
import { ControlServer } from "../control/server.ts";
import type { Environment } from "../environment.ts";
import { bootId } from "../os-identity.ts";
import type { Credentials } from "../router/credentials.ts";
import { RouterLink } from "../router/link.ts";
import { OutboxSender } from "../router/outbox-sender.ts";
import { Registry } from "../session/registry.ts";
import { Typist } from "../session/typist.ts";
import { AskStore } from "../store/asks.ts";
import { journalEpoch, openDatabase, transaction } from "../store/database.ts";
import { Journal } from "../store/journal.ts";
import { Outbox, type OutboxItem, type Registration, registrationOf } from "../store/outbox.ts";
import { SessionStore, type Session } from "../store/sessions.ts";
import { inWords } from "../store/trouble.ts";
import { AGENT_VERSION } from "../version.ts";
import { KeptPrompts } from "./kept-prompts.ts";
import { type AgentStatus, takeStatus } from "./status.ts";

/** Ends of programs and expiries are seen within this. */
const TICK_MS = 1_000;
const PRUNE_MS = 60 * 60 * 1_000;
/** A stop waits this long for what is being typed or sent. Service managers kill after ten seconds or more. */
const STOP_WITHIN_MS = 3_000;
/** `hello` names at most so many. */
const HELLO_SESSIONS = 1_000;

/** What the daemon needs from whoever starts it. */
export interface DaemonOptions {
  /** The state folder; the caller holds its lock. */
  folder: string;
  /** Where clients find the daemon. */
  socketPath: string;
  credentials: Credentials;
  env: Environment;
  log: (line: string) => void;
  /** The router does not want this agent any more. */
  stopped: (reason: string) => void;
}

/** The agent: everything put together. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #outbox: Outbox;
  readonly #asks: AskStore;
  readonly #prompts: KeptPrompts;
  readonly #registry: Registry;
  readonly #typist: Typist;
  readonly #sender: OutboxSender;
  readonly #link: RouterLink;
  readonly #claude: ClaudeSessions;
  readonly #bootId = bootId();
  #control: ControlServer | null = null;
  #offlineReason: string | null = null;
  #timers: NodeJS.Timeout[] = [];

  /** Opens the journal. @throws where it cannot be used. */
  constructor(options: DaemonOptions) {
    this.#options = options;
    const { credentials, log } = options;
    this.#database = openDatabase(join(options.folder, "agent.db"));
    this.#journal = new Journal(this.#database, clock);
    this.#outbox = new Outbox(this.#database);
    this.#asks = new AskStore(this.#database, clock);
    this.#prompts = new KeptPrompts(join(options.folder, "prompts"), clock);
    for (const id of this.#journal.recover()) log(`unknown: ${id}: nobody can say whether it was typed`);
    this.#sender = new OutboxSender({
      outbox: this.#outbox,
      credentials,
      clock,
      registration: (sessionId) => this.#registration(sessionId),
      log,
    });
    this.#registry = new Registry({
      store: new SessionStore(this.#database),
      clock,
      transaction: (work) => transaction(this.#database, work),
      register: (session, replaces) => this.#register(session, replaces),
      ended: (session, reason) => this.#sessionEnded(session, reason),
      changed: (sessionId) => this.#typist.look(sessionId),
    });
    this.#typist = new Typist({
      journal: this.#journal,
      clock,
      presence: (sessionId) => this.#claude.presence(sessionId),
      tell: (frame) => this.#link.send(frame),
      cannotJournal: (error) => this.#cannotJournal(error),
      meaning: (command) => this.#claude.meaning(command),
      answer: (command) => this.#claude.answer(command),
      showScreen: (command, text) => this.#showScreen(command, text),
      log,
    });
    this.#claude = new ClaudeSessions({
      registry: this.#registry,
      asks: this.#asks,
      clock,
      env: options.env,
      settings: () => readClaudeSettings(options.env, log),
      online: () => this.#link.status.state === "online",
      notify: (body) => {
        const refused = this.#notify(body);
        if (refused !== undefined) log(`a message of ${body.sessionId} was not sent: ${refused}`);
      },
      closeQuestion: (sessionId, nonce, by) => {
        this.#append(sessionId, { kind: "close", sessionId, nonce, by });
      },
      submitted: (sessionId, isSame) => this.#typist.submitted(sessionId, isSame),
      renamed: (from, to) => this.#typist.renamed(from, to),
      keep: (text) => this.#prompts.keep(text),
      pathOf: (text) => this.#prompts.pathOf(text),
      attempt: (work) => this.#attempt(work),
      log,
    });
    this.#link = new RouterLink(
      credentials,
      {
        hello: () => this.#hello(),
        online: () => this.#online(),
        frame: (frame) => this.#frame(frame),
        offline: (reason) => {
          this.#typist.disconnected();
          // A router that is away for a night is one event, not one a minute.
          if (reason !== this.#offlineReason) log(`offline: ${reason}`);
          this.#offlineReason = reason;
        },
        reconfigured: () => this.#reconfigured(),
        stopped: (reason) => options.stopped(reason),
      },
      clock,
    );
  }

  /** Begins to listen on the control socket, and connects to the router. */
  async start(): Promise<void> {
    const { log } = this.#options;
    this.#registry.sweep();
    this.#claude.start();
    this.#control = await ControlServer.listen(this.#options.socketPath, {
      attach: (attach, terminal) => {
        const result = this.#registry.attach(attach, terminal);
        if (result.status === "refused") log(`terminal of ${attach.sessionId} refused: ${result.reason}`);
        else log(`terminal of ${attach.sessionId} is here (${attach.program}, process ${attach.pid})`);
        this.#claude.runChanged(attach.sessionId);
        this.#sender.added(attach.sessionId);
        return result;
      },
      detach: (sessionId, terminal, reason) => this.#registry.detach(sessionId, terminal, reason),
      away: (sessionId, terminal) => {
        this.#registry.away(sessionId, terminal);
        this.#claude.runChanged(sessionId);
        log(`terminal of ${sessionId} is away`);
      },
      notify: (notification) => this.#notify(notification),
      status: () => this.status(),
      hook: (hook, line) => this.#claude.hook(hook, line),
      log,
    });
    this.#prune();
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#prune(), PRUNE_MS)];
    this.#sender.hurry();
    this.#link.start();
  }

  /** Stops: what is being typed or sent gets a moment to end, everything else waits in the journal. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#claude.stop();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_WITHIN_MS);
    });
    await Promise.race([this.#typist.stop(), patience]);
    clearTimeout(timer);
    await Promise.all([this.#link.stop(), this.#sender.stop(STOP_WITHIN_MS), this.#control?.close()]);
    this.#database.close();
  }

  status(): AgentStatus {
    const { credentials } = this.#options;
    const parts = { registry: this.#registry, journal: this.#journal, outbox: this.#outbox };
    return takeStatus({ ...parts, config: credentials.config, link: this.#link.status });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#cannotJournal(error);
    }
  }

  #cannotJournal(error: unknown): void {
    const reason = `the journal cannot be written: ${inWords(error, join(this.#options.folder, "agent.db"))}`;
    this.#options.log(reason);
    this.#link.drop(reason);
  }

  #tick(): void {
    this.#attempt(() => this.#registry.sweep());
    this.#typist.tick();
  }

  /** Forgets what is old. */
  #prune(): void {
    this.#attempt(() => this.#journal.prune());
    this.#attempt(() => this.#asks.prune());
    try {
      this.#prompts.prune();
    } catch (error) {
      this.#options.log(`old prompts were not deleted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #hello(): Hello {
    return {
      type: "hello",
      protocol: PROTOCOL,
      agentVersion: AGENT_VERSION,
      bootId: this.#bootId,
      journalEpoch: journalEpoch(this.#database),
      sessions: this.#registry
        .all()
        .slice(-HELLO_SESSIONS)
        .map((session) => session.sessionId),
    };
  }

  #online(): void {
    const { machineId, url } = this.#options.credentials.config;
    this.#offlineReason = null;
    this.#options.log(`online: ${machineId} at ${url}`);
    this.#typist.connected();
    this.#sender.hurry();
  }

  #reconfigured(): void {
    const { machineId, url } = this.#options.credentials.config;
    this.#options.log(`the configuration changed: ${machineId} at ${url}`);
    // To a router that unpaired this machine its sessions are gone.
    this.#attempt(() => this.#registry.registerAll());
    this.#sender.hurry();
  }

  #frame(frame: Exclude<RouterFrame, { type: "welcome" }>): void {
    switch (frame.type) {
      case "command":
        return this.#typist.receive(frame);
      case "cancel":
        return this.#typist.cancel(frame.id, frame.sessionId);
      case "resultStored":
        return this.#typist.confirm(frame.id);
      case "refused":
        return this.#options.log(`the router did not understand this agent: ${frame.reason}`);
    }
  }

  #registration(sessionId: string): Registration | undefined {
    const session = this.#registry.get(sessionId);
    return session === undefined ? undefined : registrationOf(session);
  }

  #register(session: Session, replaces: string | undefined): void {
    const { sessionId, lane } = session;
    this.#outbox.append(lane, {
      kind: "register",
      sessionId,
      registration: registrationOf(session),
      ...(replaces === undefined ? {} : { replaces }),
    });
    // In the same transaction: what waits for the old name waits for the new one.
    if (replaces !== undefined) this.#journal.renameSession(replaces, sessionId);
    // Its call may be under way, and is told in any case: after the transaction, where one is open.
    queueMicrotask(() => this.#sender.added(lane));
  }

  /** Puts something into the queue that this session uses. */
  #append(sessionId: string, item: OutboxItem): void {
    const lane = this.#registry.get(sessionId)?.lane ?? sessionId;
    this.#outbox.append(lane, item);
    this.#sender.added(lane);
  }

  #sessionEnded(session: Session, reason: string): () => void {
    const { sessionId, lane } = session;
    this.#outbox.append(lane, { kind: "unregister", sessionId, reason, registration: registrationOf(session) });
    const failed = this.#journal.failSession(sessionId, "its session ended before it could be typed");
    return () => {
      this.#options.log(`session ${sessionId} ended: ${reason}`);
      this.#typist.sessionEnded(failed);
      this.#claude.ended(sessionId);
      this.#sender.added(lane);
    };
  }

  #notify(notification: NotificationBody): string | undefined {
    const { sessionId } = notification;
    if (!this.#registry.get(sessionId)) {
      return `no session ${sessionId} runs here: \`ccr-agent status\` lists those that do`;
    }
    const body = { ...notification, id: notification.id ?? randomUUID() };
    if (Buffer.byteLength(JSON.stringify(body)) > LIMITS.bodyBytes) return "a notification is at most 256 KB";
    this.#append(sessionId, { kind: "notification", body });
    return undefined;
  }

  #showScreen({ id, sessionId }: Command, screen: string): void {
    const text = screen.trim() === "" ? "(the screen is empty)" : screen;
    const lane = this.#registry.get(sessionId)?.lane ?? sessionId;
    transaction(this.#database, () => {
      if (!this.#journal.finish(id, "accepted")) return;
      this.#outbox.append(lane, {
        kind: "notification",
        body: { sessionId, text, id: randomUUID(), silent: true, aside: true },
      });
    });
    this.#sender.added(lane);
  }
}
