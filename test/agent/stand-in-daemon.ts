import { mkdirSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { dirname } from "node:path";
import { onTestFinished, vi } from "vitest";
import { LineReader, toLine } from "../../agent/control/lines.ts";
import {
  type Attach,
  type ClientMessage,
  type DaemonMessage,
  type Done,
  type Order,
  parseClientMessage,
} from "../../agent/control/messages.ts";
import { controlSocketPath } from "../../agent/control/socket-path.ts";
import { PATIENCE } from "./run-harness.ts";

/** `Omit` that keeps the members of a union apart. */
type WithoutId<Message> = Message extends unknown ? Omit<Message, "requestId"> : never;

/** The daemon's end of the control socket, and nothing behind it: takes terminals in and gives them orders. */
export class StandInDaemon {
  readonly received: ClientMessage[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answer: (message: ClientMessage) => DaemonMessage | undefined;
  #orders = 0;

  /** @param answer what it says to a message; by default `attached` to an attach, and nothing to the rest. */
  static async start(stateHome: string, answer = takeIn): Promise<StandInDaemon> {
    const path = controlSocketPath({ XDG_STATE_HOME: stateHome });
    mkdirSync(dirname(path), { recursive: true });
    const daemon = new StandInDaemon(answer);
    await new Promise<void>((resolve) => daemon.#server.listen(path, resolve));
    onTestFinished(() => daemon.stop());
    return daemon;
  }

  private constructor(answer: (message: ClientMessage) => DaemonMessage | undefined) {
    this.#answer = answer;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** The attachments so far, once there are `count`. */
  async attached(count = 1): Promise<Attach[]> {
    return await vi.waitFor(() => {
      const attaches = this.received.filter((message) => message.type === "attach");
      if (attaches.length < count) throw new Error(`attached ${attaches.length} times`);
      return attaches;
    }, PATIENCE);
  }

  /** Waits for a message of the type. */
  async hears<Type extends ClientMessage["type"]>(type: Type): Promise<Extract<ClientMessage, { type: Type }>> {
    return await vi.waitFor(() => {
      const found = this.received.find(
        (message): message is Extract<ClientMessage, { type: Type }> => message.type === type,
      );
      if (found === undefined) throw new Error(`no ${type} was heard`);
      return found;
    }, PATIENCE);
  }

  /** Gives an order to the terminal, without waiting. Returns the promise of its answer. */
  order(order: WithoutId<Order>): Promise<Done> {
    const requestId = `order-${(this.#orders += 1)}`;
    const line = toLine({ ...order, requestId });
    if (line === undefined) throw new Error("too long for a line");
    this.say(line);
    return vi.waitFor(() => {
      const done = this.received.find((message) => message.type === "done" && message.requestId === requestId);
      if (done?.type !== "done") throw new Error(`no answer to ${order.type}`);
      return done;
    }, PATIENCE);
  }

  /** Sends bytes as they are to everyone. */
  say(raw: string): void {
    for (const socket of this.#sockets) socket.write(raw);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    const reader = new LineReader();
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      for (const line of reader.push(chunk).lines) {
        const parsed = parseClientMessage(line);
        if (parsed.status !== "frame") throw new Error(`${parsed.status}: ${line}`);
        this.received.push(parsed.frame);
        const answer = this.#answer(parsed.frame);
        if (answer !== undefined) socket.write(toLine(answer) ?? "");
      }
    });
  }
}

function takeIn(message: ClientMessage): DaemonMessage | undefined {
  return message.type === "attach" ? { type: "attached", sessionId: message.sessionId } : undefined;
}
