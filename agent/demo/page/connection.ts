import * as v from "valibot";
import { FromServer } from "./feed.ts";
import type { FromPage } from "./feed.ts";

/** How long the page waits before it looks for the demo again, in milliseconds. */
const AGAIN_AFTER_MS = 1_000;

/** The page's line to the demo; comes back by itself after the demo was started again. */
export class Connection {
  readonly #hear: (message: FromServer) => void;
  readonly #changed: (connected: boolean) => void;
  #socket: WebSocket | undefined;

  constructor(hear: (message: FromServer) => void, changed: (connected: boolean) => void) {
    this.#hear = hear;
    this.#changed = changed;
    this.#connect();
  }

  /** Says something to the demo; false where it is not connected and nothing was said. */
  tell(message: FromPage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect(): void {
    const socket = new WebSocket(new URL("feed", location.href));
    this.#socket = socket;
    socket.addEventListener("open", () => this.#changed(true));
    socket.addEventListener("message", ({ data }) => this.#hear(v.parse(FromServer, JSON.parse(String(data)))));
    socket.addEventListener("close", () => {
      this.#changed(false);
      setTimeout(() => this.#connect(), AGAIN_AFTER_MS);
    });
  }
}
