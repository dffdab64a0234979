import { randomUUID } from "node:crypto";
import { type Socket, createConnection } from "node:net";
import type { NotificationBody } from "../../src/protocol.ts";
import { LineReader, toLine } from "./lines.ts";
import { type ClientMessage, type DaemonMessage, type Order, parseDaemonMessage } from "./messages.ts";

/** The daemon is reached, or why not (for people). */
export type Connected = { status: "connected"; client: ControlClient } | { status: "absent"; reason: string };

export type Notified = { status: "notified" } | { status: "error"; error: string };
export type StatusAnswer = { status: "status"; report: Record<string, unknown> } | { status: "error"; error: string };

type Reply = Extract<DaemonMessage, { type: "notified" | "status" | "enter" | "error" }>;
type Listener<Message> = (message: Message) => void;

/** The daemon answers from its own memory and disk: longer than this, and it hangs. */
const REPLY_WITHIN_MS = 10_000;

/** One connection to the daemon's control socket. */
export class ControlClient {
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #reader = new LineReader();
  readonly #replies = new Map<string, (reply: Reply) => void>();
  #onOrder: Listener<Order> = () => {};
  #onAttached: Listener<string> = () => {};
  #onError: Listener<string> = () => {};
  #isClosed = false;

  /** Connects to the socket at `path`. */
  static connect(path: string): Promise<Connected> {
    return new Promise((resolve) => {
      const socket = createConnection({ path });
      const failed = (error: Error): void => resolve({ status: "absent", reason: whyAbsent(error, path) });
      socket.once("error", failed);
      socket.once("connect", () => {
        socket.off("error", failed);
        resolve({ status: "connected", client: new ControlClient(socket) });
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    // What follows an error is `close`, which says all that callers need.
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
      for (const [requestId, settle] of this.#replies) settle({ type: "error", requestId, error: WENT_AWAY });
    });
  }

  /** Orders of the daemon to the terminal that attached here. Each wants a `done`. */
  onOrder(listener: Listener<Order>): void {
    this.#onOrder = listener;
  }

  /** The daemon has taken the terminal in; called with the session's id. */
  onAttached(listener: Listener<string>): void {
    this.#onAttached = listener;
  }

  /** What the daemon says of the whole connection, why it does not attach for example. */
  onError(listener: Listener<string>): void {
    this.#onError = listener;
  }

  /** Sends a message. False where it is too long for a line or the connection is over; then nothing was sent. */
  send(message: ClientMessage): boolean {
    const line = toLine(message);
    if (line === undefined || this.#isClosed) return false;
    this.#socket.write(line);
    return true;
  }

  /** Hands a notification to the daemon. `notified` when it is in its outbox: the daemon sends it, now or later. */
  async notify(notification: NotificationBody): Promise<Notified> {
    const reply = await this.#request({ type: "notify", requestId: randomUUID(), notification });
    return reply.type === "notified" ? { status: "notified" } : { status: "error", error: errorOf(reply) };
  }

  /** Asks the daemon how it is. */
  async status(): Promise<StatusAnswer> {
    const reply = await this.#request({ type: "status", requestId: randomUUID() });
    return reply.type === "status"
      ? { status: "status", report: reply.status }
      : { status: "error", error: errorOf(reply) };
  }

  /** Asks whether Enter may be pressed for an order whose text stands there. Resolves with why not. */
  async beforeEnter(requestId: string): Promise<string | undefined> {
    const reply = await this.#request({ type: "beforeEnter", requestId });
    return reply.type === "enter" ? reply.refused : errorOf(reply);
  }

  /** Ends the connection once what was sent is on its way. */
  async end(): Promise<void> {
    this.#socket.end();
    await this.closed;
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #request(message: Extract<ClientMessage, { type: "notify" | "status" | "beforeEnter" }>): Promise<Reply> {
    const { requestId } = message;
    let timer: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply>((resolve) => {
      const fail = (error: string): void => resolve({ type: "error", requestId, error });
      this.#replies.set(requestId, resolve);
      timer = setTimeout(
        () => fail("The daemon does not answer: look at its log, or start it again."),
        REPLY_WITHIN_MS,
      );
      if (!this.send(message)) fail(this.#isClosed ? WENT_AWAY : "The message is too long: at most 256 KB.");
    });
    clearTimeout(timer);
    this.#replies.delete(requestId);
    return reply;
  }

  #take(chunk: Buffer): void {
    const { lines, tooLong } = this.#reader.push(chunk);
    for (const line of lines) {
      const parsed = parseDaemonMessage(line);
      if (parsed.status === "frame") this.#receive(parsed.frame);
      else if (parsed.status === "malformed") this.#refuse(parsed.reason, parsed.id);
    }
    if (tooLong) this.#socket.destroy();
  }

  #receive(message: DaemonMessage): void {
    switch (message.type) {
      case "type":
      case "key":
      case "screen":
        return this.#onOrder(message);
      case "attached":
        return this.#onAttached(message.sessionId);
      case "error":
        if (message.requestId === undefined) return this.#onError(message.error);
        return this.#replies.get(message.requestId)?.(message);
      case "notified":
      case "status":
      case "enter":
        return this.#replies.get(message.requestId)?.(message);
      case "hold":
      case "hooked":
        // Said to hooks alone, and they have a client of their own: agent/claude/hook-entry.ts.
        return;
    }
  }

  /** An order that is not understood still wants its answer, or the daemon would wait for it for ever. */
  #refuse(reason: string, requestId: string | undefined): void {
    if (requestId === undefined) return;
    const asked = this.#replies.get(requestId);
    if (asked !== undefined)
      asked({ type: "error", requestId, error: `The daemon's answer is not understood: ${reason}` });
    else this.send({ type: "done", requestId, status: "failed", reason });
  }
}

const WENT_AWAY = "The daemon went away before it answered: try again.";

function errorOf(reply: Reply): string {
  return reply.type === "error" ? reply.error : `The daemon answered with "${reply.type}": it is of another version.`;
}

function whyAbsent(error: Error, path: string): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return "The daemon is not running: start it with `ccr-agent start`.";
  if (code === "EACCES") return `The daemon's socket ${path} belongs to someone else: run both as the same user.`;
  return `The daemon's socket ${path} cannot be opened: ${error.message}`;
}
