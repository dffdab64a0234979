import type { Attach } from "../control/messages.ts";
import type { Clock } from "../clock.ts";
import { isTypable, type Session, type SessionStore } from "../store/sessions.ts";
import { processStart } from "./process.ts";
import type { Presence, SessionTerminal } from "./session-terminal.ts";

/** What the registry needs of the rest of the agent. Both are called inside the transaction that stores the change. */
export interface RegistrySurroundings {
  store: SessionStore;
  clock: Clock;
  /** Runs a change whole or not at all. */
  transaction(work: () => void): void;
  /** Tells the router that the session is here, and which one it goes on for. */
  register(session: Session, replaces?: string): void;
  /** Tells the router that it ended, and ends what waited for it. Returns what is to be done after the transaction. */
  ended(session: Session, reason: string): () => void;
  /** Its terminal came or went. */
  changed(sessionId: string): void;
}

/** What became of an attach. */
export type Attached = { status: "attached" } | { status: "refused"; reason: string };

/** Which sessions live on this machine, and where their terminals are. */
export class Registry {
  readonly #around: RegistrySurroundings;
  readonly #sessions = new Map<string, Session>();
  readonly #terminals = new Map<string, SessionTerminal>();
  /** The programs in a terminal of `run` that know better what may be typed there, by the session of that `run`. */
  readonly #guests = new Map<string, SessionTerminal>();

  constructor(around: RegistrySurroundings) {
    this.#around = around;
    for (const session of around.store.all()) this.#sessions.set(session.sessionId, session);
  }

  /** A terminal came, for a new session or one that is known. */
  attach(attach: Attach, terminal: SessionTerminal): Attached {
    const { sessionId } = attach;
    const start = processStart(attach.pid);
    if (start === null) return { status: "refused", reason: `there is no process ${attach.pid}` };
    const known = this.#sessions.get(sessionId);
    const same = known?.pid === attach.pid && known.processStart === start;
    if (known && !same) {
      if (processStart(known.pid) === known.processStart) {
        return {
          status: "refused",
          reason: `session ${sessionId} runs here already, as process ${known.pid}: choose another --session`,
        };
      }
      this.#end(known, "gone");
    }
    const session: Session = {
      sessionId,
      label: attach.label ?? null,
      program: attach.program,
      pid: attach.pid,
      processStart: start,
      startedAt: this.#around.clock.wall() - attach.claim,
      lane: sessionId,
      claude: null,
    };
    this.#around.transaction(() => {
      this.#around.store.save(session);
      this.#around.register(session);
    });
    this.#sessions.set(sessionId, session);
    const before = this.#terminals.get(sessionId);
    this.#terminals.set(sessionId, terminal);
    if (before !== terminal) before?.gone();
    this.#around.changed(sessionId);
    return { status: "attached" };
  }

  /** A session that appeared by itself, or one of that name that changed. Null: it can't be typed into. */
  adopt(session: Session, terminal: SessionTerminal | null): void {
    this.#around.transaction(() => {
      this.#around.store.save(session);
      this.#around.register(session);
    });
    this.#take(session, terminal);
  }

  /** `session` goes on where `from` was: with its queue to the router, and with what waits to be typed. */
  succeed(from: Session, session: Session, terminal: SessionTerminal | null): void {
    this.#around.transaction(() => {
      this.#around.store.remove(from.sessionId);
      this.#around.store.save(session);
      this.#around.register(session, from.sessionId);
    });
    this.#sessions.delete(from.sessionId);
    this.#terminals.delete(from.sessionId);
    this.#take(session, terminal);
  }

  /** Remembers what changed in a session that is here. The router is told only of what it shows of it. */
  note(session: Session): void {
    const before = this.#sessions.get(session.sessionId);
    const isNews = before?.label !== session.label || isTypable(before) !== isTypable(session);
    this.#around.transaction(() => {
      this.#around.store.save(session);
      if (isNews) this.#around.register(session);
    });
    this.#sessions.set(session.sessionId, session);
  }

  /** Where a session that is here can be typed into from now on; null: nowhere, for now. */
  seat(sessionId: string, terminal: SessionTerminal | null): void {
    if (terminal === null) this.#terminals.delete(sessionId);
    else this.#terminals.set(sessionId, terminal);
    this.#around.changed(sessionId);
  }

  /** Something in it changed: what is held may be typed now. */
  look(sessionId: string): void {
    this.#around.changed(sessionId);
  }

  /** Whoever runs in the terminal of this `run` checks from now on what is typed there; null: nobody any more. */
  host(sessionId: string, guest: SessionTerminal | null): void {
    if (guest === null) this.#guests.delete(sessionId);
    else this.#guests.set(sessionId, guest);
  }

  /** The guest is gone: the terminal is that of the `run` alone again. */
  leave(guest: SessionTerminal): void {
    for (const [sessionId, one] of this.#guests) if (one === guest) this.#guests.delete(sessionId);
  }

  /** The terminal of a `run` itself, whoever runs in it. */
  terminal(sessionId: string): SessionTerminal | undefined {
    return this.#terminals.get(sessionId);
  }

  /** The session is over. */
  finish(sessionId: string, reason: string): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#end(session, reason);
  }

  #take(session: Session, terminal: SessionTerminal | null): void {
    this.#sessions.set(session.sessionId, session);
    if (terminal === null) this.#terminals.delete(session.sessionId);
    else this.#terminals.set(session.sessionId, terminal);
    this.#around.changed(session.sessionId);
  }

  /** A terminal's connection ended without a word: the session lives on for as long as its process does. */
  away(sessionId: string, terminal: SessionTerminal): void {
    terminal.gone();
    if (this.#terminals.get(sessionId) !== terminal) return;
    this.#terminals.delete(sessionId);
    this.#around.changed(sessionId);
  }

  /** The session's own terminal says that it ended. False where another terminal has taken it over. */
  detach(sessionId: string, terminal: SessionTerminal, reason: string): boolean {
    const session = this.#sessions.get(sessionId);
    if (!session || this.#terminals.get(sessionId) !== terminal) return false;
    this.#end(session, reason);
    return true;
  }

  /** Ends the sessions whose process is gone. A `run` that is attached says so itself. */
  sweep(): void {
    for (const session of this.#sessions.values()) {
      if (session.claude === null && this.#terminals.has(session.sessionId)) continue;
      if (processStart(session.pid) !== session.processStart) this.#end(session, "gone");
    }
  }

  get(sessionId: string): Session | undefined {
    return this.#sessions.get(sessionId);
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Tells the router of every session again: it may be one that never heard of them. */
  registerAll(): void {
    this.#around.transaction(() => {
      for (const session of this.#sessions.values()) this.#around.register(session);
    });
  }

  presence(sessionId: string): Presence {
    const terminal = this.#terminals.get(sessionId);
    if (terminal) return { at: "here", terminal: this.#guests.get(sessionId) ?? terminal };
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { at: "unknown" };
    return { at: isTypable(session) ? "away" : "nowhere" };
  }

  #end(session: Session, reason: string): void {
    let after = () => {};
    this.#around.transaction(() => {
      this.#around.store.remove(session.sessionId);
      after = this.#around.ended(session, reason);
    });
    this.#sessions.delete(session.sessionId);
    const terminal = this.#terminals.get(session.sessionId);
    this.#terminals.delete(session.sessionId);
    terminal?.gone();
    after();
    this.#around.changed(session.sessionId);
  }
}
