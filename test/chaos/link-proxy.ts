import { once } from "node:events";
import { createServer, connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { MachineId } from "./cast.ts";
import { clientFrame, FrameReader } from "./frames.ts";
import type { Frame } from "./history.ts";

type Way = "up" | "down";

const HEAD_END = "\r\n\r\n";

/** One TCP connection of an agent to the router, through us. */
class Pair {
  /** Numbered where it is a WebSocket. */
  connection = 0;
  lost: Way | undefined;
  truncate: Way | undefined;
  readonly agent: Socket;
  readonly router: Socket;
  readonly readers = { up: new FrameReader(), down: new FrameReader() };
  /** How far the HTTP head of the upgrade has passed, by direction. */
  readonly headPassed = { up: false, down: false };
  readonly chain: Record<Way, Promise<void>> = { up: Promise.resolve(), down: Promise.resolve() };

  constructor(agent: Socket, router: Socket) {
    this.agent = agent;
    this.router = router;
  }

  get isWebSocket(): boolean {
    return this.connection > 0;
  }

  destroy(): void {
    this.agent.destroy();
    this.router.destroy();
  }
}

/** The network between one machine and the router, with all that networks do. It writes down every frame. */
export class LinkProxy {
  readonly machine: MachineId;
  readonly frames: Frame[];
  readonly #server: Server;
  readonly #passed: (type: string) => void;
  readonly #routerPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #ghosts = new Set<Pair>();
  #connections = 0;
  #delayMs = 0;
  #reachable = true;

  private constructor(machine: MachineId, routerPort: number, frames: Frame[], passed: (type: string) => void) {
    this.machine = machine;
    this.frames = frames;
    this.#passed = passed;
    this.#routerPort = routerPort;
    this.#server = createServer((agent) => this.#accept(agent));
  }

  /**
   * @param frames where the frames are written down
   * @param passed told of the type of each frame as it passes
   */
  static async start(
    machine: MachineId,
    routerUrl: string,
    frames: Frame[],
    passed: (type: string) => void,
  ): Promise<LinkProxy> {
    const proxy = new LinkProxy(machine, Number(new URL(routerUrl).port), frames, passed);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${addressOf(this.#server).port}`;
  }

  async stop(): Promise<void> {
    this.heal();
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Every connection breaks, for both sides at once. */
  cut(): void {
    for (const pair of [...this.#pairs, ...this.#ghosts]) pair.destroy();
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** From now on bytes of the present connections vanish in this direction. */
  halfOpen(way: Way): void {
    for (const pair of this.#pairs) pair.lost = way;
  }

  truncate(way: Way): void {
    for (const pair of this.#pairs) if (pair.isWebSocket) pair.truncate = way;
  }

  /** Nobody gets through, and what is there breaks. */
  unreachable(): void {
    this.#reachable = false;
    this.cut();
  }

  /** The network is good again. What lost bytes breaks at last. */
  heal(): void {
    this.#reachable = true;
    this.#delayMs = 0;
    for (const pair of this.#pairs) if (pair.lost !== undefined) pair.destroy();
  }

  /** The agent's side breaks, the router's stays, silent until `haunt`. */
  leaveGhosts(): void {
    for (const pair of this.#pairs) {
      if (!pair.isWebSocket) continue;
      this.#pairs.delete(pair);
      this.#ghosts.add(pair);
      pair.agent.destroy();
    }
  }

  /** The connections that were left behind and replaced claim that what was under way has failed; then they end. */
  async haunt(): Promise<void> {
    for (const ghost of this.#ghosts) {
      if (!this.#isReplaced(ghost)) continue;
      for (const id of this.#underWay()) {
        const lie = { type: "commandResult", id, sessionId: "ghost", outcome: "failed", error: "told by a ghost" };
        if (!ghost.router.destroyed) ghost.router.write(clientFrame(JSON.stringify(lie)));
        this.#note(ghost, "ghost", "commandResult", id);
      }
    }
    // A moment for the router to read it.
    await pause(200);
    for (const ghost of this.#ghosts) ghost.destroy();
  }

  /** Until the agent is back, the connection is still the machine's, and rightly believed. */
  #isReplaced({ connection }: Pair): boolean {
    return this.frames.some(
      (frame) => frame.machine === this.machine && frame.type === "welcome" && frame.connection > connection,
    );
  }

  /** Commands that went to this machine and have had no result yet, the newest eight. */
  #underWay(): string[] {
    const ids = new Set<string>();
    for (const { type, id } of this.frames) {
      if (id === null) continue;
      if (type === "command") ids.add(id);
      else if (type === "commandResult") ids.delete(id);
    }
    return [...ids].slice(-8);
  }

  #accept(agent: Socket): void {
    if (!this.#reachable) {
      agent.destroy();
      return;
    }
    const pair = new Pair(agent, connect(this.#routerPort, "127.0.0.1"));
    this.#pairs.add(pair);
    this.#carry(pair, "up", agent, pair.router);
    this.#carry(pair, "down", pair.router, agent);
  }

  #carry(pair: Pair, way: Way, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      // Frames count when the router sent them, or when they are on their last way to it.
      if (way === "down") this.#read(pair, way, bytes);
      pair.chain[way] = pair.chain[way].then(async () => {
        if (this.#delayMs > 0) await pause(this.#delayMs);
        this.#pass(pair, way, bytes, to);
      });
    });
    // The other end is told by the "close" that follows.
    from.on("error", () => {});
    from.on("close", () => {
      if (this.#ghosts.has(pair)) {
        if (way === "down") this.#ghosts.delete(pair);
        return;
      }
      pair.chain[way] = pair.chain[way].then(() => {
        if (this.#ghosts.has(pair)) return;
        to.end();
        to.destroySoon();
        this.#pairs.delete(pair);
      });
    });
  }

  #pass(pair: Pair, way: Way, bytes: Buffer, to: Socket): void {
    if (pair.lost === way || to.destroyed || this.#ghosts.has(pair)) return;
    if (pair.truncate === way && pair.headPassed[way]) {
      const half = bytes.subarray(0, Math.floor(bytes.length / 2));
      // Whole frames may be among it, and they count.
      if (way === "up") this.#read(pair, way, half);
      to.write(half);
      pair.agent.destroySoon();
      pair.router.destroySoon();
      return;
    }
    if (way === "up") this.#read(pair, way, bytes);
    to.write(bytes);
  }

  #read(pair: Pair, way: Way, bytes: Buffer): void {
    let rest = bytes;
    if (!pair.headPassed[way]) {
      const text = bytes.toString("latin1");
      if (way === "up" && text.startsWith("GET /ws")) pair.connection = ++this.#connections;
      const end = text.indexOf(HEAD_END);
      if (end === -1 || !pair.isWebSocket) return;
      pair.headPassed[way] = true;
      rest = bytes.subarray(end + HEAD_END.length);
    }
    for (const text of pair.readers[way].read(rest)) {
      const frame: unknown = JSON.parse(text);
      if (typeof frame !== "object" || frame === null) continue;
      const { type, id } = { type: undefined, id: undefined, ...frame };
      this.#note(pair, way === "up" ? "agent" : "router", String(type), typeof id === "string" ? id : null);
    }
  }

  #note({ connection }: Pair, from: Frame["from"], type: string, id: string | null): void {
    this.frames.push({ machine: this.machine, connection, from, type, id, at: Date.now() });
    this.#passed(type);
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on TCP has an address with a port");
  return address;
}
