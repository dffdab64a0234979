import { CLOSE, type AgentFrame, type Hello, type RouterFrame } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { Connection, CONNECTION_TIMES, type ConnectionTimes } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { afterEnd, type Ended } from "./reconnect.ts";

/** How the link stands. */
export type LinkStatus =
  | { state: "online"; /** By the wall clock. */ since: number }
  | { state: "offline"; reason: string }
  /** For good: only a person can help. */
  | { state: "stopped"; reason: string };

/** What the link asks of the agent and tells it. */
export interface LinkEvents {
  hello(): Hello;
  online(): void;
  frame(frame: Exclude<RouterFrame, { type: "welcome" }>): void;
  /** @param reason with when it connects again. */
  offline(reason: string): void;
  /** The configuration holds another key or address than before; it is used from now on. */
  reconfigured(): void;
  stopped(reason: string): void;
}

/** When the link looks at its clocks and files, in milliseconds. */
export interface LinkTimes extends ConnectionTimes {
  tick: number;
  /** A tick that comes this much too late, by either clock, means that the machine slept. */
  sleep: number;
  /** `ccr-agent pair` has this long to store the new key after the router has revoked the old one. */
  newKeyWithin: number;
  newKeyEvery: number;
}

export const LINK_TIMES: LinkTimes = {
  ...CONNECTION_TIMES,
  tick: 5_000,
  sleep: 15_000,
  newKeyWithin: 10_000,
  newKeyEvery: 250,
};

/** The one socket to the router, kept up through everything. Only the newest connection is listened to. */
export class RouterLink {
  readonly #credentials: Credentials;
  readonly #events: LinkEvents;
  readonly #clock: Clock;
  readonly #times: LinkTimes;
  #status: LinkStatus = { state: "offline", reason: "connecting for the first time" };
  /** The configuration of the newest connection. */
  #config: Config;
  #connection: Connection | null = null;
  #attempt = 0;
  #retry: NodeJS.Timeout | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #ticked: { wall: number; monotonic: number };
  /** Whether a new key in the configuration makes it worth connecting at once. */
  #watch = false;

  constructor(credentials: Credentials, events: LinkEvents, clock: Clock, times: Partial<LinkTimes> = {}) {
    this.#credentials = credentials;
    this.#config = credentials.config;
    this.#events = events;
    this.#clock = clock;
    this.#times = { ...LINK_TIMES, ...times };
    this.#ticked = { wall: clock.wall(), monotonic: clock.monotonic() };
  }

  get status(): LinkStatus {
    return this.#status;
  }

  start(): void {
    this.#ticker = setInterval(() => this.#tick(), this.#times.tick);
    this.#connect();
  }

  /** Sends a frame where the router is connected. What matters is repeated after a reconnect. */
  send(frame: AgentFrame): void {
    if (this.#status.state === "online") this.#connection?.send(frame);
  }

  /** Ends the connection, so that the next one repeats what could not be taken now. */
  drop(why: string): void {
    this.#connection?.drop(why);
  }

  /** For the end of the agent. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#retry);
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close(CLOSE.normal, "the agent stops");
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#watch = false;
    this.#reconfigured();
    // Each callback belongs to its own connection: what an older one still says is nobody's concern.
    const connection: Connection = new Connection(
      this.#config,
      () => this.#events.hello(),
      {
        welcome: () => {
          if (this.#connection === connection) this.#welcomed();
        },
        frame: (frame) => {
          // After a sleep the socket still holds what was sent before it, and that may be long over.
          if (this.#connection === connection && !this.#slept()) this.#events.frame(frame);
        },
        ended: (ended) => {
          if (this.#connection === connection) this.#ended(ended);
        },
      },
      this.#times,
    );
    this.#connection = connection;
  }

  #welcomed(): void {
    this.#status = { state: "online", since: this.#clock.wall() };
    this.#events.online();
  }

  #ended(ended: Ended): void {
    this.#connection = null;
    const decision = afterEnd(ended, this.#attempt, Math.random());
    this.#goOffline(decision.reason);
    switch (decision.do) {
      case "stop":
        return this.#stopped(decision.reason);
      case "reread or stop":
        return this.#awaitNewKey(decision.reason, this.#clock.monotonic() + this.#times.newKeyWithin);
      case "reconnect":
        this.#attempt = decision.attempt;
        this.#watch = decision.watch;
        this.#retry = setTimeout(() => this.#connect(), decision.afterMs);
    }
  }

  #goOffline(reason: string): void {
    this.#status = { state: "offline", reason };
    this.#events.offline(reason);
  }

  #stopped(reason: string): void {
    clearInterval(this.#ticker);
    this.#status = { state: "stopped", reason };
    this.#events.stopped(reason);
  }

  /** The router revokes the old key before `ccr-agent pair` can have stored the new one. */
  #awaitNewKey(reason: string, until: number): void {
    // Asked first: the pairing may store its key in between.
    const isPairing = this.#credentials.isPairing();
    if (this.#reconfigured()) return this.#connect();
    if (!isPairing || this.#clock.monotonic() >= until) return this.#stopped(reason);
    this.#retry = setTimeout(() => this.#awaitNewKey(reason, until), this.#times.newKeyEvery);
  }

  #tick(): void {
    if (this.#slept()) return;
    this.#ticked = { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() };
    if (this.#watch && this.#reconfigured()) this.#connect();
  }

  /** Takes over the configuration as it is now. True where it is another one. */
  #reconfigured(): boolean {
    const now = this.#credentials.reread();
    if (now === this.#config) return false;
    this.#config = now;
    this.#attempt = 0;
    this.#events.reconfigured();
    return true;
  }

  /** Whether the machine slept since the last tick; then everything begins anew. */
  #slept(): boolean {
    const now = { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() };
    const gap = Math.max(now.wall - this.#ticked.wall, now.monotonic - this.#ticked.monotonic);
    if (gap < this.#times.tick + this.#times.sleep) return false;
    this.#ticked = now;
    if (this.#connection) this.#connection.slept();
    else if (this.#status.state === "offline") {
      this.#attempt = 0;
      this.#connect();
    }
    return true;
  }
}
