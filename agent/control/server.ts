import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { NotificationBody } from "../../src/protocol.ts";
import { LineReader, toLine } from "./lines.ts";
import { parseClientMessage, type Attach, type ClientMessage, type DaemonMessage, type Hook } from "./messages.ts";
import { RemoteTerminal } from "./remote-terminal.ts";

/** What the daemon does for the clients of its control socket. A thrown error is told to the client. */
export interface ControlHandlers {
  attach(attach: Attach, terminal: RemoteTerminal): { status: "attached" } | { status: "refused"; reason: string };
  detach(sessionId: string, terminal: RemoteTerminal, reason: string): boolean;
  /** The connection of an attached terminal ended without a detach. */
  away(sessionId: string, terminal: RemoteTerminal): void;
  /** Returns once the notification cannot be lost any more; a string says why it was not taken. */
  notify(notification: NotificationBody): string | undefined;
  status(): Record<string, unknown>;
  hook(hook: Hook, line: HookLine): void;
  log(line: string): void;
}

/** The connection of a hook that may have to wait. */
export interface HookLine {
  hold(): void;
  /** Lets the hook go, with what it prints for Claude Code. */
  release(output?: string): void;
  /** Called once when the connection is gone, however that came; at once where it is gone already. */
  onGone(gone: () => void): void;
}

/** macOS holds 104 bytes with the final zero, Linux 108. */
const SOCKET_PATH_BYTES = 103;

/** One client: a `run` with its terminal, or a short call. */
class Client {
  readonly #socket: Socket;
  readonly #handlers: ControlHandlers;
  readonly #lines = new LineReader();
  readonly #terminal: RemoteTerminal;
  #sessionId: string | null = null;
  readonly #gone: (() => void)[] = [];

  constructor(socket: Socket, handlers: ControlHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#terminal = new RemoteTerminal({ send: (order) => this.#send(order), end: () => socket.destroy() });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // A client that is killed resets its connection; "close" follows and says all that matters.
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  #closed(): void {
    const sessionId = this.#sessionId;
    this.#sessionId = null;
    for (const gone of this.#gone.splice(0)) this.#attempt(gone);
    if (sessionId !== null) this.#attempt(() => this.#handlers.away(sessionId, this.#terminal));
  }

  #send(message: DaemonMessage): boolean {
    const line = toLine(message);
    if (line === undefined) return false;
    if (this.#socket.writable) this.#socket.write(line);
    return true;
  }

  #read(chunk: Buffer): void {
    const { lines, tooLong } = this.#lines.push(chunk);
    for (const line of lines) this.#line(line);
    if (!tooLong) return;
    this.#send({ type: "error", error: "a line on this socket is at most 256 KB" });
    this.#socket.destroySoon();
  }

  #line(line: string): void {
    const parsed = parseClientMessage(line);
    if (parsed.status === "ignored") return;
    if (parsed.status === "frame") return this.#message(parsed.frame);
    this.#refuse(parsed.reason, parsed.id);
  }

  #refuse(error: string, requestId?: string): void {
    this.#send(requestId === undefined ? { type: "error", error } : { type: "error", requestId, error });
  }

  /** @param failed what else is to be done where the work throws */
  #attempt(work: () => void, requestId?: string, failed: () => void = () => {}): void {
    try {
      work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#handlers.log(`a request on the control socket failed: ${reason}`);
      this.#refuse(`the agent could not do this: ${reason}`, requestId);
      failed();
    }
  }

  #message(message: ClientMessage): void {
    switch (message.type) {
      case "attach":
        // A terminal that was not taken in is nowhere. Where its connection ends it comes again, until there is room.
        return this.#attempt(
          () => this.#attach(message),
          undefined,
          () => this.#socket.destroySoon(),
        );
      case "detach":
        return this.#attempt(() => this.#detach(message.sessionId, message.reason));
      case "beforeEnter":
        return void this.#terminal.beforeEnter(message.requestId);
      case "done":
        return this.#terminal.settle(message);
      case "hook":
        return this.#attempt(() => this.#handlers.hook(message, this.#hookLine(message.requestId)), message.requestId);
      case "notify":
        return this.#attempt(() => {
          const refused = this.#handlers.notify(message.notification);
          if (refused === undefined) this.#send({ type: "notified", requestId: message.requestId });
          else this.#refuse(refused, message.requestId);
        }, message.requestId);
      case "status":
        return this.#attempt(() => {
          this.#send({ type: "status", requestId: message.requestId, status: this.#handlers.status() });
        }, message.requestId);
    }
  }

  #hookLine(requestId: string): HookLine {
    return {
      hold: () => void this.#send({ type: "hold", requestId }),
      release: (output) =>
        void this.#send(output === undefined ? { type: "hooked", requestId } : { type: "hooked", requestId, output }),
      onGone: (gone) => (this.#socket.closed ? gone() : void this.#gone.push(gone)),
    };
  }

  #attach(attach: Attach): void {
    if (this.#sessionId !== null && this.#sessionId !== attach.sessionId) {
      return this.#refuse(`this connection is the terminal of ${this.#sessionId}: open another one`);
    }
    const result = this.#handlers.attach(attach, this.#terminal);
    if (result.status === "refused") return this.#refuse(result.reason);
    this.#sessionId = attach.sessionId;
    this.#send({ type: "attached", sessionId: attach.sessionId });
  }

  #detach(sessionId: string, reason: string): void {
    if (!this.#handlers.detach(sessionId, this.#terminal, reason)) {
      return this.#refuse(`this connection is not the terminal of ${sessionId}`);
    }
    this.#sessionId = null;
  }
}

/** The control socket: a Unix socket that only this user may open. */
export class ControlServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /**
   * Listens at `path`, which must lie in a folder that is closed to others. What an agent before left there is taken
   * away: the caller holds the lock of the folder.
   */
  static async listen(path: string, handlers: ControlHandlers): Promise<ControlServer> {
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) {
      throw new Error(
        `${path} is too long for a socket (${SOCKET_PATH_BYTES} bytes). Set XDG_STATE_HOME to a shorter folder.`,
      );
    }
    rmSync(path, { force: true });
    const server = createServer((socket) => void new Client(socket, handlers));
    const control = new ControlServer(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
    return control;
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
