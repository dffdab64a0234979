import { setTimeout as delay } from "node:timers/promises";
import type { ScreenResult, Terminal, TypeResult } from "../terminal/terminal.ts";
import { ControlClient } from "./client.ts";
import type { Attach, Done, Order } from "./messages.ts";

/** Milliseconds between two looks for the daemon: short at first, since it may be starting right now. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/** How long the end of a session waits for the daemon to hear of it. */
const DETACH_WITHIN = 1_000;

export type AttachmentOptions = {
  /** The daemon's control socket. */
  path: string;
  terminal: Terminal;
  /** What to say on each connection: `claim` differs every time. */
  attach: () => Attach;
};

/**
 * Holds a terminal attached to the daemon: joins one that runs or appears, and again when it was restarted. It says
 * nothing to the user meanwhile; `refusal` tells afterwards.
 */
export class Attachment {
  /** Why the daemon did not take the terminal in, where that was its last word. */
  refusal: string | undefined;
  readonly #options: AttachmentOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #client: ControlClient | undefined;

  constructor(options: AttachmentOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Tells the daemon, where there is one, that the session ended and why. Takes a second at most. */
  async end(reason: string): Promise<void> {
    this.#stop.abort();
    const client = this.#client;
    if (client !== undefined) {
      client.send({ type: "detach", sessionId: this.#options.attach().sessionId, reason });
      const timer = setTimeout(() => client.destroy(), DETACH_WITHIN);
      await client.end();
      clearTimeout(timer);
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this.#stop.signal.aborted) {
      if (await this.#stayConnected()) pause = FIRST_PAUSE;
      // Without `ref` the program's end need not wait for the next look.
      await delay(pause, undefined, { signal: this.#stop.signal, ref: false }).catch(ignoreAbort);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** One connection from its start to its end. True where the daemon took the terminal in. */
  async #stayConnected(): Promise<boolean> {
    const { path, attach } = this.#options;
    const connected = await ControlClient.connect(path);
    if (connected.status === "absent") return false;
    const { client } = connected;
    if (this.#stop.signal.aborted) {
      client.destroy();
      return false;
    }
    this.#client = client;
    let attached = false;
    client.onAttached(() => {
      attached = true;
      this.refusal = undefined;
    });
    client.onError((error) => (this.refusal = error));
    client.onOrder((order) => void this.#carryOut(order, client));
    client.send(attach());
    await client.closed;
    this.#client = undefined;
    return attached;
  }

  /** The answer goes to the connection that asked: another daemon would not know the request. */
  async #carryOut(order: Order, client: ControlClient): Promise<void> {
    const { requestId } = order;
    const done: Done = { type: "done", requestId, ...(await this.#obey(order, client)) };
    const sent = client.send(done);
    if (!sent)
      client.send({ type: "done", requestId, status: "failed", reason: "the screen holds too much to be sent" });
  }

  async #obey(order: Order, client: ControlClient): Promise<TypeResult | ScreenResult> {
    const { terminal } = this.#options;
    if (order.type !== "screen" && order.before !== undefined && Date.now() > order.before) {
      return { status: "failed", reason: "it came too late to this terminal" };
    }
    if (order.type === "type") {
      const { text, kind, asksBeforeEnter = false, requestId } = order;
      return await terminal.type(text, kind, asksBeforeEnter ? () => client.beforeEnter(requestId) : undefined);
    }
    if (order.type === "key") return await terminal.key(order.key);
    return await terminal.screen(order.faint);
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}
