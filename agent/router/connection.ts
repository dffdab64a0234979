import { WebSocket, type RawData } from "ws";
import {
  AGES,
  LIMITS,
  parseRouterFrame,
  PING,
  PONG,
  type AgentFrame,
  type Hello,
  type RouterFrame,
} from "../../src/protocol.ts";
import type { Config } from "../config.ts";
import { errorCode } from "../private-files.ts";
import { retryAfterMs, type Ended } from "./reconnect.ts";

/** How long the pieces of a connection may take, in milliseconds. */
export interface ConnectionTimes {
  handshakeWithin: number;
  welcomeWithin: number;
  pingEvery: number;
  pongWithin: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  handshakeWithin: 15_000,
  welcomeWithin: AGES.helloWithin,
  pingEvery: AGES.pingEvery,
  pongWithin: AGES.pongWithin,
};

/** What is told about a connection. After `ended`, which comes once, nothing more. */
export interface ConnectionEvents {
  welcome(): void;
  /** Only after the welcome. */
  frame(frame: Exclude<RouterFrame, { type: "welcome" }>): void;
  ended(ended: Ended): void;
}

function asText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8");
}

/** The life of one socket: upgrade, hello, welcome, frames with pings between them, end. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #events: ConnectionEvents;
  readonly #times: ConnectionTimes;
  #welcomedAt: number | null = null;
  #opened = false;
  #over = false;
  #patience: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(config: Config, hello: () => Hello, events: ConnectionEvents, times: ConnectionTimes = CONNECTION_TIMES) {
    this.#events = events;
    this.#times = times;
    const url = new URL("/ws", config.url.replace(/^http/, "ws"));
    url.searchParams.set("machineId", config.machineId);
    this.#socket = new WebSocket(url, {
      headers: { Authorization: `Bearer ${config.key}` },
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytes,
      handshakeTimeout: times.handshakeWithin,
    });
    this.#socket.on("open", () => {
      this.#opened = true;
      this.#socket.send(JSON.stringify(hello()));
      this.#expect(times.welcomeWithin, "the router did not welcome this agent in time");
    });
    this.#socket.on("message", (data) => this.#message(asText(data)));
    this.#socket.on("unexpected-response", (request, response) => {
      const status = response.statusCode ?? 0;
      this.#end({ how: "refused", status, retryAfterMs: retryAfterMs(response.headers["retry-after"], Date.now()) });
      request.destroy();
    });
    this.#socket.on("error", (error) => {
      // After the upgrade "close" follows, and says more.
      if (this.#opened) return;
      const code = errorCode(error);
      this.#end({ how: "unreachable", error: code === "unknown" ? error.message : code });
    });
    this.#socket.on("close", (code, reason) => {
      this.#end({ how: "closed", code, reason: reason.toString("utf8"), uptimeMs: this.#uptime() });
    });
  }

  /** Hands a frame to the socket; false where it is closing. No promise that it arrives. */
  send(frame: AgentFrame): boolean {
    if (this.#over || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Cuts the connection from our side, without waiting for the other. */
  drop(why: string): void {
    this.#cut({ how: "dropped", why, uptimeMs: this.#uptime() });
  }

  /** Cuts it because the machine slept. */
  slept(): void {
    this.#cut({ how: "slept" });
  }

  /** Says goodbye, for a stop of the agent. No `ended` follows. Resolves when the socket is closed. */
  close(code: number, reason: string): Promise<void> {
    this.#quiet();
    if (this.#socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.#socket.terminate(), 1_000);
      this.#socket.once("close", () => {
        clearTimeout(patience);
        resolve();
      });
      this.#socket.close(code, reason);
    });
  }

  #uptime(): number {
    return this.#welcomedAt === null ? 0 : Math.floor(performance.now() - this.#welcomedAt);
  }

  #quiet(): void {
    this.#over = true;
    this.#stopExpecting();
    clearInterval(this.#heartbeat);
  }

  #end(ended: Ended): void {
    if (this.#over) return;
    this.#quiet();
    this.#events.ended(ended);
  }

  #cut(ended: Ended): void {
    this.#end(ended);
    this.#socket.terminate();
  }

  /** What is awaited already is not awaited anew: a later ping gives an earlier one no more time. */
  #expect(withinMs: number, otherwise: string): void {
    this.#patience ??= setTimeout(() => this.drop(otherwise), withinMs);
  }

  #stopExpecting(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  #message(text: string): void {
    if (this.#over) return;
    if (text === PONG) return this.#stopExpecting();
    const parsed = parseRouterFrame(text);
    if (parsed.status === "ignored") return;
    if (parsed.status === "malformed") {
      const { reason, id } = parsed;
      this.send(id === undefined ? { type: "refused", reason } : { type: "refused", reason, id });
      return;
    }
    if (parsed.frame.type === "welcome") return this.#welcome();
    if (this.#welcomedAt !== null) this.#events.frame(parsed.frame);
  }

  #welcome(): void {
    if (this.#welcomedAt !== null) return;
    this.#stopExpecting();
    this.#welcomedAt = performance.now();
    this.#heartbeat = setInterval(() => {
      this.#socket.send(PING);
      this.#expect(this.#times.pongWithin, "the router did not answer a ping");
    }, this.#times.pingEvery);
    this.#events.welcome();
  }
}
