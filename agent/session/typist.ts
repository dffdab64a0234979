import type { AgentFrame, Command, Outcome } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Entry, Journal, Result } from "../store/journal.ts";
import { leftOut } from "./clean.ts";
import type { Presence, SessionTerminal, Sought } from "./session-terminal.ts";
import { nextTurn } from "./turn.ts";
import { type Queued, WaitingCommands } from "./waiting-commands.ts";
import { WakeUps } from "./wake-ups.ts";

/** What the typist needs of the rest of the agent. */
export interface TypistSurroundings {
  journal: Journal;
  clock: Clock;
  /** Where it is; `look` is called when what is sought was found, or not. */
  presence(sessionId: string): Presence | Sought;
  /** Sends a frame where the router is connected; else it is lost, as the reconnect repeats what matters. */
  tell(frame: AgentFrame): void;
  /** The journal could not be written: ends the connection, and with it all that it had sent. */
  cannotJournal(error: unknown): void;
  /** What is to be done for a command, where that is not what its kind says. */
  meaning(command: Command): Command;
  /** Answers an open question. `later`: whoever asked is expected back. */
  answer(command: Answer): "taken" | "closed" | "later";
  /** Stores a screen as a notification, and the end of its command, in one transaction. */
  showScreen(command: Command, text: string): void;
  log(line: string): void;
}

type Answer = Extract<Command, { kind: "answer" }>;

/** How long a terminal that said "not now" is left alone. */
const ASK_AGAIN_MS = 1_000;
/** Why a question cannot be answered any more. */
const CLOSED = "this question is no longer open here";

/**
 * Has commands typed: one at a time a session, in order, each at most once. What is typed is written down before and
 * after; only what this connection has sent is touched, so that nothing is typed that the router gave up.
 */
export class Typist {
  readonly #around: TypistSurroundings;
  readonly #waiting = new WaitingCommands();
  /** Sessions with an order under way. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #wakeUps = new WakeUps((sessionId) => this.look(sessionId));
  /** What is known of a command, but could not be written down yet. */
  readonly #unwritten = new Map<string, () => void>();

  #stopped = false;

  constructor(around: TypistSurroundings) {
    this.#around = around;
  }

  /** A command from the router: new, or sent again. */
  receive(command: Command): void {
    if (this.#stopped) return;
    this.#journaling(() => {
      this.#writeAll();
      const entry = this.#around.journal.receive(command);
      if (entry.state === "finished") return this.#tellResult(entry.result);
      this.#around.tell({ type: "journaled", id: command.id });
      // What was typed waits for its proof alone.
      if (entry.state === "typed") return;
      // Also what is being typed right now: the terminal may still say "not now", and then it waits again.
      this.#enqueue(entry, command.remainingMs);
    });
  }

  /** The router wants this command not to be typed. */
  cancel(id: string, sessionId: string): void {
    this.#journaling(() => {
      this.#around.journal.cancel(id, sessionId);
      this.#drop(id);
      const entry = this.#around.journal.find(id);
      // What is under way has its result when the terminal has answered.
      if (entry?.state === "finished") this.#tellResult(entry.result);
    });
  }

  /** The router keeps this result. */
  confirm(id: string): void {
    this.#journaling(() => this.#around.journal.confirm(id));
  }

  /** The router is connected: it hears again what it has not confirmed. */
  connected(): void {
    this.#journaling(() => {
      this.#writeAll();
      for (const result of this.#around.journal.unconfirmed()) this.#tellResult(result);
    });
  }

  /** The connection is gone: nothing is typed until another one has sent it again. */
  disconnected(): void {
    this.#waiting.clear();
    this.#wakeUps.clear();
  }

  /** The session's terminal came or went, or its time may have come. */
  look(sessionId: string): void {
    if (this.#stopped || this.#busy.has(sessionId)) return;
    this.#journaling(() => {
      this.#writeAll();
      this.#act(sessionId);
    });
  }

  /** The program took a text: the first command of that session that it proves is `accepted`. */
  submitted(sessionId: string, isSame: (typed: string) => boolean): boolean {
    // What was typed may not have been written down yet.
    this.#journaling(() => this.#writeAll());
    const proved = this.#around.journal.unproved(sessionId).find(({ command }) => isSame(command));
    if (proved === undefined) return false;
    this.#journaling(() => this.#finish(proved.id, "accepted", undefined));
    return true;
  }

  /** The session goes on under another name: what waits for it goes along, in order. */
  renamed(from: string, to: string): void {
    this.#waiting.rename(from, to);
    this.look(to);
  }

  /** The session ended: what waits for it ends too. */
  sessionEnded(failed: readonly string[]): void {
    for (const id of failed) this.#ended(id);
  }

  /** To be called now and then: ends what is over by either clock, whether this connection has sent it or not. */
  tick(): void {
    this.#journaling(() => {
      this.#writeAll();
      for (const id of this.#around.journal.expire()) this.#ended(id);
    });
    for (const sessionId of this.#waiting.sessions()) this.look(sessionId);
  }

  /** Takes and begins nothing more. Resolves when no order is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.disconnected();
    await Promise.all(this.#busy.values());
  }

  #journaling(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#around.cannotJournal(error);
    }
  }

  #enqueue({ command: asked, position }: Exclude<Entry, { state: "finished" }>, remainingMs: number): void {
    const { clock } = this.#around;
    const command = this.#around.meaning(asked);
    this.#waiting.add({
      id: command.id,
      kind: command.kind,
      position,
      wallDeadline: clock.wall() + remainingMs,
      monotonicDeadline: clock.monotonic() + remainingMs,
      notBefore: 0,
      command,
      told: null,
    });
    this.look(command.sessionId);
  }

  #act(sessionId: string): void {
    const { clock } = this.#around;
    for (;;) {
      const queue = this.#waiting.of(sessionId);
      const presence = this.#around.presence(sessionId);
      const turn = nextTurn({
        waiting: queue,
        terminal: presence.at,
        wall: clock.wall(),
        monotonic: clock.monotonic(),
      });
      switch (turn.do) {
        case "nothing":
          return;
        case "end":
          this.#around.journal.finish(turn.id, turn.outcome, turn.reason);
          this.#ended(turn.id);
          continue;
        case "hold":
          for (const one of queue) if (turn.ids.includes(one.id)) this.#tellHeld(one, turn.reason);
          return;
        case "wait":
          this.#wakeUps.set(sessionId, turn.until - clock.monotonic());
          return;
        case "carry out": {
          const one = queue.find((candidate) => candidate.id === turn.id);
          if (one === undefined) return;
          if (one.command.kind === "answer") {
            this.#answer(one, one.command);
            continue;
          }
          if (presence.at !== "here") return;
          this.#start(sessionId, one, presence.terminal);
          return;
        }
      }
    }
  }

  /** Types nothing: it goes to whoever asked. */
  #answer(one: Queued, command: Answer): void {
    if (!this.#begin(command.id)) return this.#ended(command.id);
    switch (this.#answered(command)) {
      case "taken":
        return this.#finish(command.id, "accepted", undefined);
      case "closed":
        return this.#finish(command.id, "failed", CLOSED);
      case "later":
        return this.#putBack(one);
    }
  }

  #answered(command: Answer): "taken" | "closed" | "later" {
    try {
      return this.#around.answer(command);
    } catch (error) {
      // It may be given again.
      this.#unwritten.set(command.id, () => this.#around.journal.putBack(command.id));
      throw error;
    }
  }

  /** Before the first byte. False where it does not wait any more: then it must not be typed. */
  #begin(id: string): boolean {
    try {
      return this.#around.journal.beginInjecting(id);
    } catch (error) {
      // Half of it may be written down, and nothing was typed.
      this.#unwritten.set(id, () => this.#around.journal.putBack(id));
      throw error;
    }
  }

  #start(sessionId: string, one: Queued, terminal: SessionTerminal): void {
    const work = one.command.kind === "screen" ? this.#screen(one, terminal) : this.#type(one, terminal);
    const done = work
      .catch((error: unknown) => this.#around.cannotJournal(error))
      .then(() => {
        this.#busy.delete(sessionId);
        this.look(sessionId);
      });
    this.#busy.set(sessionId, done);
  }

  async #type(one: Queued, terminal: SessionTerminal): Promise<void> {
    const { command } = one;
    if (!this.#begin(command.id)) return this.#ended(command.id);
    const done =
      command.kind === "key"
        ? await terminal.key(command.command)
        : await terminal.type(command.command, command.kind === "action" ? "action" : "text");
    switch (done.status) {
      case "typed":
      case "accepted":
        return this.#finish(command.id, done.status, leftOut(done.removed));
      case "unproved":
        this.#write(command.id, (journal) => journal.markTyped(command.id, leftOut(done.removed)));
        this.#around.log(`typed: a command for ${command.sessionId}, and not taken yet`);
        this.#around.tell({ type: "progress", id: command.id, state: "typed" });
        return this.#drop(command.id);
      case "failed":
        return this.#finish(command.id, "failed", done.reason);
      case "lost":
        return this.#finish(command.id, "unknown", done.reason);
      case "held":
        this.#putBack(one);
        return this.#tellHeld(one, done.reason);
    }
  }

  async #screen(one: Queued, terminal: SessionTerminal): Promise<void> {
    const done = await terminal.screen();
    if (done.status === "lost") {
      // Looking types nothing: it may be asked again.
      one.notBefore = this.#around.clock.monotonic() + ASK_AGAIN_MS;
      return;
    }
    if (done.status === "failed") return this.#finish(one.id, "failed", done.reason);
    this.#around.showScreen(one.command, done.text);
    this.#ended(one.id);
  }

  #finish(id: string, outcome: Outcome, error: string | undefined): void {
    this.#write(id, (journal) => journal.finish(id, outcome, error));
    this.#ended(id);
  }

  /** Nothing of it was submitted: it waits again, for a while by itself. */
  #putBack(one: Queued): void {
    one.notBefore = this.#around.clock.monotonic() + ASK_AGAIN_MS;
    this.#write(one.id, (journal) => journal.putBack(one.id));
  }

  /** Writes down what became of a command; where that fails, it is tried again before anything else is done. */
  #write(id: string, work: (journal: Journal) => void): void {
    this.#unwritten.set(id, () => work(this.#around.journal));
    this.#writeAll();
  }

  #writeAll(): void {
    for (const [id, write] of this.#unwritten) {
      write();
      this.#unwritten.delete(id);
    }
  }

  /** Takes an ended command out of its queue and tells its result. */
  #ended(id: string): void {
    this.#drop(id);
    const entry = this.#around.journal.find(id);
    if (entry?.state !== "finished") return;
    const { sessionId, outcome, error } = entry.result;
    this.#around.log(`${outcome}: a command for ${sessionId}${error === undefined ? "" : `: ${error}`}`);
    this.#tellResult(entry.result);
  }

  #drop(id: string): void {
    this.#waiting.drop(id);
  }

  #tellHeld(one: Queued, reason: string): void {
    if (one.told === reason) return;
    one.told = reason;
    this.#around.tell({ type: "progress", id: one.id, state: "held", reason });
    this.#around.log(`held: ${one.kind} for ${one.command.sessionId}: ${reason}`);
  }

  #tellResult({ id, sessionId, outcome, error }: Result): void {
    const frame = { type: "commandResult", id, sessionId, outcome } as const;
    this.#around.tell(error === undefined ? frame : { ...frame, error });
  }
}
