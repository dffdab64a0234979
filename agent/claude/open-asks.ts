import { createHash } from "node:crypto";
import { AGES, type Command, type NotificationBody } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Hook } from "../control/messages.ts";
import type { HookLine } from "../control/server.ts";
import type { AskStore } from "../store/asks.ts";
import type { Session } from "../store/sessions.ts";
import { Ask } from "./ask.ts";
import type { HookInputOf } from "./hook-input.ts";
import { printed } from "./hook-output.ts";

/** Hooks that wait look for a new agent every half second; an answer may be quicker. Milliseconds. */
const HOOKS_COME_BACK_MS = 5_000;

export interface AskSurroundings {
  store: Pick<AskStore, "read" | "save" | "remove">;
  clock: Clock;
  notify(body: NotificationBody): void;
  closeQuestion(sessionId: string, nonce: string, by: string): void;
  /**
   * Whether the terminal shows Claude's box, where a dialog would be. A "yes" there leaves the hook running until the
   * tool has ended (measured): nothing else tells of it.
   */
  showsBox(sessionId: string): Promise<boolean>;
  /** A question of this session opened or closed. */
  changed(sessionId: string): void;
}

/** How often it is looked whether a dialog is still there. Milliseconds. */
const LOOK_MS = 2_000;
/** Seen so often in turn, Claude's box proves that the dialog in its place is gone. Once may be before it was drawn. */
const BOX_SEEN = 2;

/** What became of an answer. `later`: whoever asked may still come back to this agent, which started just now. */
export type Answering = "taken" | "closed" | "later";

interface Asked {
  sessionId: string;
  /** The same for the same request of a hook, also after a restart of the agent. */
  name: string;
  ask: Ask;
  line: HookLine;
  /** The nonce of the card that is on the phone; null before it was sent. */
  shown: string | null;
  timer: NodeJS.Timeout | undefined;
  /** How often in turn the box was seen in the place of its dialog. */
  boxSeen: number;
}

/** The questions that Claude's user has not answered: each has a hook that waits, and a card on the phone. */
export class OpenAsks {
  readonly #around: AskSurroundings;
  readonly #open = new Set<Asked>();
  readonly #since: number;
  #stopped = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(around: AskSurroundings) {
    this.#around = around;
    this.#since = around.clock.monotonic();
  }

  /** Asks on the phone, after `patienceMs`: until then the question may be answered at the terminal. */
  open(
    session: Session,
    hook: Hook,
    input: HookInputOf<"PermissionRequest">,
    line: HookLine,
    patienceMs: number,
  ): void {
    const digest = createHash("sha256").update(`${hook.requestId}\n${session.processStart}`).digest("base64url");
    const name = digest.slice(0, 11);
    const ask = new Ask(input, name, this.#around.store.read(name));
    const asked: Asked = { sessionId: session.sessionId, name, ask, line, shown: null, timer: undefined, boxSeen: 0 };
    this.#open.add(asked);
    line.onGone(() => this.#close(asked));
    if (!this.#open.has(asked)) return;
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS);
    if (patienceMs === 0) this.#show(asked);
    else asked.timer = setTimeout(() => this.#show(asked), patienceMs);
  }

  /** Whether a question of this session is open: then a text would answer it. */
  has(sessionId: string): boolean {
    return this.#of(sessionId).length > 0;
  }

  /** An answer from the phone. */
  answer({ sessionId, nonce, choice, command }: Extract<Command, { kind: "answer" }>): Answering {
    const asked = this.#of(sessionId).find(({ shown }) => shown === nonce);
    if (asked === undefined) {
      return this.#around.clock.monotonic() - this.#since < HOOKS_COME_BACK_MS ? "later" : "closed";
    }
    const answered = asked.ask.answer({ nonce, text: command, ...(choice === undefined ? {} : { choice }) });
    if (answered.status === "over") return "closed";
    if (answered.status === "next") {
      this.#around.store.save(asked.name, asked.ask.progress);
      this.#show(asked);
      return "taken";
    }
    this.#forget(asked);
    asked.line.release(printed(answered.output));
    this.#around.changed(sessionId);
    return "taken";
  }

  /** What fits was decided, and not here: their hooks may go, and their cards say so. */
  answeredElsewhere(sessionId: string, fits: (ask: Ask) => boolean): void {
    for (const asked of this.#of(sessionId)) {
      if (!fits(asked.ask)) continue;
      asked.line.release();
      this.#close(asked);
    }
  }

  /** The session goes on under another name. */
  renamed(from: string, to: string): void {
    for (const asked of this.#of(from)) asked.sessionId = to;
  }

  /** The session is over, and the router knows. */
  ended(sessionId: string): void {
    for (const asked of this.#of(sessionId)) {
      this.#forget(asked);
      asked.line.release();
    }
  }

  /** Hooks that wait come back to the next agent. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    for (const { timer } of this.#open) clearTimeout(timer);
  }

  #look(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    for (const sessionId of new Set([...this.#open].map((asked) => asked.sessionId))) void this.#lookAt(sessionId);
  }

  async #lookAt(sessionId: string): Promise<void> {
    const asked = this.#of(sessionId);
    const box = await this.#around.showsBox(sessionId);
    if (this.#stopped) return;
    for (const one of asked) one.boxSeen = box ? one.boxSeen + 1 : 0;
    this.answeredElsewhere(sessionId, (ask) => asked.some((one) => one.ask === ask && one.boxSeen >= BOX_SEEN));
  }

  #of(sessionId: string): Asked[] {
    return [...this.#open].filter((asked) => asked.sessionId === sessionId);
  }

  /** Its hook is gone: answered at the terminal, or nobody waits any more. */
  #close(asked: Asked): void {
    clearTimeout(asked.timer);
    if (this.#stopped || !this.#forget(asked)) return;
    if (asked.shown !== null) this.#around.closeQuestion(asked.sessionId, asked.shown, "at the terminal");
    this.#around.changed(asked.sessionId);
  }

  /** Whether it was open. */
  #forget(asked: Asked): boolean {
    clearTimeout(asked.timer);
    this.#around.store.remove(asked.name);
    return this.#open.delete(asked);
  }

  #show(asked: Asked): void {
    const { nonce, ...card } = asked.ask.card();
    asked.shown = nonce;
    const question = { nonce, remainingMs: AGES.typedCommand };
    this.#around.notify({ sessionId: asked.sessionId, id: `ask-${nonce}`, ...card, question });
  }
}
