import { createHash } from "node:crypto";
import { AGES, type Command, type NotificationBody } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Hook } from "../control/messages.ts";
import type { HookLine } from "../control/server.ts";
import type { AskStore, ShownCard } from "../store/asks.ts";
import type { Session } from "../store/sessions.ts";
import { Ask } from "./ask.ts";
import type { HookInputOf } from "./hook-input.ts";
import { type Decision, forPermission, forToolUse, printed } from "./hook-output.ts";

/** Hooks that wait look for a new agent every half second; an answer may be quicker. Milliseconds. */
const HOOKS_COME_BACK_MS = 5_000;

/**
 * A router that is away for longer keeps no question from the terminal. A connection that broke is back within seconds.
 * As long as a hook waits for the agent (`WITHOUT_DAEMON_MS` in hook-entry.ts). Milliseconds.
 */
const WITHOUT_ROUTER_MS = 10_000;

/** What the terminal of a session shows. */
export interface Seen {
  /**
   * Claude's box, where a dialog would be. A "yes" there leaves the hook running until the tool has ended (measured):
   * nothing else tells of it.
   */
  box: boolean;
  /** `/back`, typed while a question is held back: Claude queues it, and tells no hook before its turn is over. */
  back: boolean;
}

export interface AskSurroundings {
  store: Pick<AskStore, "read" | "save" | "remove" | "shown" | "renameSession">;
  clock: Clock;
  /** Whether the router is connected: only then a question can be asked on the phone. */
  online(): boolean;
  notify(body: NotificationBody): void;
  closeQuestion(sessionId: string, nonce: string, by: string): void;
  look(sessionId: string): Promise<Seen>;
  /** The user is at the terminal of this session again. */
  back(sessionId: string): void;
  /** A question of this session opened or closed. */
  changed(sessionId: string): void;
  /** Does what may find no room on the disk. Where it finds none, that is told, and nothing is thrown. */
  attempt(work: () => void): void;
}

/** How often it is looked whether a dialog is still there. Milliseconds. */
const LOOK_MS = 2_000;
/** Seen so often in turn, Claude's box proves that the dialog in its place is gone. Once may be before it was drawn. */
const BOX_SEEN = 2;
/** A question that is let go comes as a dialog at once, with a hook of its own. Milliseconds. */
const DIALOG_WITHIN_MS = 10_000;

/** What became of an answer. `later`: whoever asked may still come back to this agent, which started just now. */
export type Answering = "taken" | "closed" | "later";

type Stage =
  /** Its dialog is open at the terminal, too. */
  | { at: "terminal" }
  /** It is held back from the terminal until then, by the wall clock. */
  | { at: "phone"; until: number; /** When the router was last there, by the monotonic clock. */ online: number }
  /** Its hook was let go. The one of its dialog comes until then, by the monotonic clock. */
  | { at: "handover"; until: number };

interface Asked {
  sessionId: string;
  /** Names the hook that waits: the same after a restart of the agent. */
  hook: string;
  /** What its cards are called. */
  name: string;
  ask: Ask;
  stage: Stage;
  /** Null while it is handed over. */
  line: HookLine | null;
  /** The nonce of the card that is on the phone; null before it was sent. */
  shown: string | null;
  /** Its present card belongs on the phone, and is not there yet. */
  due: boolean;
  timer: NodeJS.Timeout | undefined;
  /** How often in turn the box was seen in the place of its dialog. */
  boxSeen: number;
}

/** The questions that Claude's user has not answered: each has a hook that waits, and a card on the phone. */
export class OpenAsks {
  readonly #around: AskSurroundings;
  readonly #open = new Set<Asked>();
  /** Cards of the agent before: of what was answered at the terminal since, no hook comes back. */
  readonly #left: Map<string, ShownCard>;
  /** What is to be written about questions that are over: on a full disk it waits, and they do not. */
  readonly #unwritten = new Set<() => void>();
  readonly #since: number;
  /** Sessions whose terminals are being looked at. */
  readonly #looking = new Set<string>();
  #stopped = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(around: AskSurroundings) {
    this.#around = around;
    this.#since = around.clock.monotonic();
    this.#left = new Map(around.store.shown().map((card) => [card.hook, card]));
    if (this.#left.size > 0) this.#keepLooking();
  }

  /** Asks on the phone, after `patienceMs`: until then the question may be answered at the terminal. */
  open(
    session: Session,
    hook: Hook,
    input: HookInputOf<"PermissionRequest">,
    line: HookLine,
    patienceMs: number,
  ): void {
    const held = this.#of(session.sessionId).find(({ stage, ask }) => stage.at === "handover" && ask.isOf(input));
    if (held !== undefined) return this.#takeOver(held, nameOf(session, hook), line);
    const asked = this.#add(session, hook, input, line, { at: "terminal" });
    if (!this.#open.has(asked)) return;
    if (patienceMs === 0) this.#show(asked);
    else asked.timer = setTimeout(() => this.#show(asked), patienceMs);
  }

  /**
   * Asks on the phone alone, for `limitMs`: then the terminal asks, with the same card on the phone. Without a router the
   * terminal asks at once; what came back to this agent has waited already, and goes on for a moment.
   */
  holdBack(session: Session, hook: Hook, input: HookInputOf<"PreToolUse">, line: HookLine, limitMs: number): void {
    const { store, clock } = this.#around;
    const held = store.read(nameOf(session, hook))?.heldUntil ?? null;
    if (held === null && !this.#around.online()) return line.release();
    const until = held ?? clock.wall() + limitMs;
    const asked = this.#add(
      session,
      hook,
      { ...input, hook_event_name: "PermissionRequest", permission_suggestions: [] },
      line,
      { at: "phone", until, online: clock.monotonic() },
    );
    if (!this.#open.has(asked)) return;
    // Only what has an answer can be answered before there is a dialog.
    if (!asked.ask.hasAnswer) return this.#drop(asked);
    this.#show(asked);
    // Nobody would be asked anywhere: the dialog's own hook brings the card as soon as there is room.
    if (asked.due) this.#drop(asked);
  }

  /** Whether a question of this session is open: then a text would answer it. */
  has(sessionId: string): boolean {
    return this.#of(sessionId).length > 0;
  }

  /** Whether a question of this session is held back from its terminal. */
  holds(sessionId: string): boolean {
    return this.#of(sessionId).some(({ stage }) => stage.at === "phone");
  }

  /** What is held back is asked at the terminal from now on; the cards stay. */
  letGo(sessionId: string): void {
    for (const asked of this.#of(sessionId)) if (asked.stage.at === "phone") this.#handOver(asked);
  }

  /** An answer from the phone. */
  answer({ sessionId, nonce, choice, command }: Extract<Command, { kind: "answer" }>): Answering {
    const asked = this.#of(sessionId).find(({ shown }) => shown === nonce);
    if (asked === undefined) {
      return this.#around.clock.monotonic() - this.#since < HOOKS_COME_BACK_MS ? "later" : "closed";
    }
    if (asked.line === null) return "later";
    const answered = asked.ask.answer({ nonce, text: command, ...(choice === undefined ? {} : { choice }) });
    if (answered.status === "over") return "closed";
    if (answered.status === "next") {
      this.#show(asked);
      return "taken";
    }
    this.#decide(asked, asked.line, answered.decision);
    return "taken";
  }

  /** What fits was decided, and not here: their hooks may go, and their cards say so. */
  answeredElsewhere(sessionId: string, fits: (ask: Ask) => boolean): void {
    for (const asked of this.#of(sessionId)) {
      if (!fits(asked.ask)) continue;
      asked.line?.release();
      this.#close(asked);
    }
  }

  /** The session goes on under another name. */
  renamed(from: string, to: string): void {
    for (const one of [...this.#of(from), ...this.#leftOf(from)]) one.sessionId = to;
    this.#write(() => this.#around.store.renameSession(from, to));
  }

  /** The session is over, and the router knows. */
  ended(sessionId: string): void {
    for (const asked of this.#of(sessionId)) this.#drop(asked);
    for (const { hook } of this.#leftOf(sessionId)) {
      this.#left.delete(hook);
      this.#write(() => this.#around.store.remove(hook));
    }
  }

  /** Hooks that wait come back to the next agent. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    for (const { timer } of this.#open) clearTimeout(timer);
  }

  #add(
    { sessionId, ...session }: Session,
    hook: Hook,
    input: HookInputOf<"PermissionRequest">,
    line: HookLine,
    stage: Stage,
  ): Asked {
    const waits = nameOf(session, hook);
    const { name = waits, progress, shown = null } = this.#around.store.read(waits) ?? {};
    const ask = new Ask(input, name, progress);
    const asked = { sessionId, hook: waits, name, ask, stage, line, shown, due: false, timer: undefined, boxSeen: 0 };
    this.#left.delete(waits);
    this.#open.add(asked);
    this.#keepLooking();
    this.#listen(asked, line);
    return asked;
  }

  #listen(asked: Asked, line: HookLine): void {
    line.onGone(() => {
      // One that was let go has another line by now, or waits for it.
      if (asked.line === line) this.#close(asked);
    });
  }

  #decide(asked: Asked, line: HookLine, decision: Decision): void {
    this.#forget(asked);
    line.release(printed(asked.stage.at === "phone" ? forToolUse(decision) : forPermission(decision)));
    this.#around.changed(asked.sessionId);
  }

  #handOver(asked: Asked): void {
    const { line } = asked;
    asked.line = null;
    // Until its dialog is there it still counts as open: a text that comes now would answer the dialog.
    asked.stage = { at: "handover", until: this.#around.clock.monotonic() + DIALOG_WITHIN_MS };
    line?.release();
  }

  #takeOver(asked: Asked, hook: string, line: HookLine): void {
    const before = asked.hook;
    asked.hook = hook;
    asked.line = line;
    asked.stage = { at: "terminal" };
    asked.boxSeen = 0;
    this.#write(() => {
      if (asked.shown !== null) this.#save(asked, asked.shown);
      this.#around.store.remove(before);
    });
    this.#listen(asked, line);
  }

  #keepLooking(): void {
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#closeLeft();
    this.#writeAll();
    if (this.#open.size === 0 && this.#left.size === 0 && this.#unwritten.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    const { clock } = this.#around;
    for (const asked of this.#open) {
      if (asked.due) this.#show(asked);
      const { stage } = asked;
      if (stage.at === "phone" && this.#isOver(stage)) this.#handOver(asked);
      if (stage.at === "handover" && stage.until <= clock.monotonic()) this.#close(asked);
    }
    for (const sessionId of new Set([...this.#open].map((asked) => asked.sessionId))) void this.#lookAt(sessionId);
  }

  /** Whether the terminal has to ask what is held back. */
  #isOver(held: Extract<Stage, { at: "phone" }>): boolean {
    const { clock } = this.#around;
    if (this.#around.online()) held.online = clock.monotonic();
    return held.until <= clock.wall() || clock.monotonic() - held.online >= WITHOUT_ROUTER_MS;
  }

  async #lookAt(sessionId: string): Promise<void> {
    // A terminal that is slow would give several looks one and the same screen.
    if (this.#looking.has(sessionId)) return;
    this.#looking.add(sessionId);
    const asked = this.#of(sessionId).filter(({ stage }) => stage.at === "terminal");
    const { box, back } = await this.#around.look(sessionId).finally(() => this.#looking.delete(sessionId));
    if (this.#stopped) return;
    if (back && this.holds(sessionId)) this.#around.attempt(() => this.#around.back(sessionId));
    for (const one of asked) one.boxSeen = box ? one.boxSeen + 1 : 0;
    this.answeredElsewhere(sessionId, (ask) => asked.some((one) => one.ask === ask && one.boxSeen >= BOX_SEEN));
  }

  #of(sessionId: string): Asked[] {
    return [...this.#open].filter((asked) => asked.sessionId === sessionId);
  }

  /** Its hook is gone: answered at the terminal, or nobody waits any more. */
  #close(asked: Asked): void {
    clearTimeout(asked.timer);
    if (this.#stopped || !this.#open.delete(asked)) return;
    const { hook, sessionId, shown: nonce } = asked;
    if (nonce === null) this.#write(() => this.#around.store.remove(hook));
    else this.#closeCard({ hook, sessionId, nonce });
    this.#around.changed(sessionId);
  }

  #closeLeft(): void {
    if (this.#around.clock.monotonic() - this.#since < HOOKS_COME_BACK_MS) return;
    for (const card of this.#left.values()) this.#closeCard(card);
    this.#left.clear();
  }

  #closeCard({ hook, sessionId, nonce }: ShownCard): void {
    this.#write(() => {
      this.#around.closeQuestion(sessionId, nonce, "at the terminal");
      this.#around.store.remove(hook);
    });
  }

  #leftOf(sessionId: string): ShownCard[] {
    return [...this.#left.values()].filter((card) => card.sessionId === sessionId);
  }

  #drop(asked: Asked): void {
    this.#forget(asked);
    asked.line?.release();
  }

  #forget(asked: Asked): void {
    clearTimeout(asked.timer);
    this.#open.delete(asked);
    this.#write(() => this.#around.store.remove(asked.hook));
  }

  /** Now, or at one of the next looks. Until then it may be begun several times. */
  #write(work: () => void): void {
    this.#unwritten.add(work);
    this.#writeAll();
  }

  #writeAll(): void {
    this.#around.attempt(() => {
      for (const work of this.#unwritten) {
        work();
        this.#unwritten.delete(work);
      }
    });
  }

  #save({ hook, name, ask, stage, sessionId }: Asked, shown: string): void {
    const heldUntil = stage.at === "phone" ? stage.until : null;
    this.#around.store.save(hook, { name, progress: ask.progress, heldUntil, sessionId, shown });
  }

  /** Puts its present card on the phone, now or at one of the next looks. */
  #show(asked: Asked): void {
    asked.due = true;
    this.#around.attempt(() => {
      const { nonce, ...card } = asked.ask.card();
      // First: a card that is on the phone and in no row would never be closed.
      this.#save(asked, nonce);
      const question = { nonce, remainingMs: AGES.typedCommand };
      this.#around.notify({ sessionId: asked.sessionId, id: `ask-${nonce}`, ...card, question });
      asked.shown = nonce;
      asked.due = false;
    });
  }
}

/** The same for the same request of a hook, also after a restart of the agent. 11 characters. */
function nameOf({ processStart }: Pick<Session, "processStart">, { requestId }: Hook): string {
  return createHash("sha256").update(`${requestId}\n${processStart}`).digest("base64url").slice(0, 11);
}
