import { randomUUID } from "node:crypto";
import type { BeforeEnter, Faint, ScreenResult, TypeResult } from "../terminal/terminal.ts";
import type { Lost, SessionTerminal } from "../session/session-terminal.ts";
import type { Done, Enter, Order } from "./messages.ts";

/** What a terminal at the other end of the control socket needs of its connection. */
export interface TerminalLine {
  /** False where the message is too long for a line: it was not sent. */
  send(message: Order | Enter): boolean;
  /** Ends the connection. */
  end(): void;
}

/** A paste, its pause and its Enter are done within a second or two, also on a busy machine. */
const ANSWER_WITHIN_MS = 30_000;

const WENT = "the terminal went away while this was being typed: look at it before you send it again";
const SILENT = "the terminal did not answer while this was being typed: look at it before you send it again";
const GIVEN_UP = "nobody waits for this text any more";
const TOO_LONG = "it is too long for the terminal: send it in parts";

/** The terminal of a session as the daemon has it: a `run` at the other end of the control socket. */
export class RemoteTerminal implements SessionTerminal {
  readonly #line: TerminalLine;
  readonly #answerWithinMs: number;
  readonly #orders = new Map<string, (done: Done | Lost) => void>();
  /** What asks before the Enter of an order, by its request. */
  readonly #beforeEnter = new Map<string, BeforeEnter>();
  #gone = false;

  constructor(line: TerminalLine, answerWithinMs = ANSWER_WITHIN_MS) {
    this.#line = line;
    this.#answerWithinMs = answerWithinMs;
  }

  async type(text: string, kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult | Lost> {
    const requestId = randomUUID();
    const order = { type: "type", requestId, before: this.#before(), text, kind } as const;
    if (beforeEnter === undefined) return typing(await this.#order(order));
    this.#beforeEnter.set(requestId, beforeEnter);
    const done = await this.#order({ ...order, asksBeforeEnter: true });
    this.#beforeEnter.delete(requestId);
    return typing(done);
  }

  async key(key: string): Promise<TypeResult | Lost> {
    return typing(await this.#order({ type: "key", requestId: randomUUID(), before: this.#before(), key }));
  }

  async screen(faint: Faint = "shown"): Promise<ScreenResult | Lost> {
    const done = await this.#order({ type: "screen", requestId: randomUUID(), faint });
    if (done.status === "screen") return { status: "screen", text: done.text };
    if (done.status === "lost" || done.status === "failed") return { status: done.status, reason: done.reason };
    return { status: "failed", reason: "the terminal answered something else than its screen: update ccr-agent" };
  }

  alive(): boolean {
    return !this.#gone;
  }

  /** The text of an order stands there. What was given up meanwhile gets no Enter. */
  async beforeEnter(requestId: string): Promise<void> {
    const reason = await this.#beforeEnter.get(requestId)?.();
    const refused = this.#beforeEnter.has(requestId) ? reason : GIVEN_UP;
    this.#line.send({ type: "enter", requestId, ...(refused === undefined ? {} : { refused }) });
  }

  /** An answer came. One that nobody waits for is an order that was given up. */
  settle(done: Done): void {
    this.#orders.get(done.requestId)?.(done);
  }

  /** Its connection ended. */
  gone(): void {
    this.#gone = true;
    for (const settle of this.#orders.values()) {
      settle({ status: "lost", reason: WENT });
    }
  }

  /** A terminal that was stopped reads its orders when it goes on: by then this one is told as unknown. */
  #before(): number {
    return Date.now() + this.#answerWithinMs;
  }

  #order(order: Order): Promise<Done | Lost> {
    const { requestId } = order;
    return new Promise((resolve) => {
      const settle = (done: Done | Lost) => {
        clearTimeout(timer);
        this.#orders.delete(requestId);
        resolve(done);
      };
      const timer = setTimeout(() => {
        settle({ status: "lost", reason: SILENT });
        // What it has in its ears it may still type; it gets nothing more until it has come back by itself.
        this.#line.end();
      }, this.#answerWithinMs);
      this.#orders.set(requestId, settle);
      if (this.#gone) settle({ status: "lost", reason: WENT });
      else if (!this.#line.send(order)) settle({ type: "done", requestId, status: "failed", reason: TOO_LONG });
    });
  }
}

function typing(done: Done | Lost): TypeResult | Lost {
  switch (done.status) {
    case "typed":
      return done.removed === undefined ? { status: "typed" } : { status: "typed", removed: done.removed };
    case "screen":
      return { status: "lost", reason: "the terminal answered with its screen instead of typing: update ccr-agent" };
    case "failed":
    case "held":
    case "lost":
      return { status: done.status, reason: done.reason };
  }
}
