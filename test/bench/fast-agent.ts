import { once } from "node:events";
import { WebSocket } from "ws";
import { type AgentFrame, type Command, parseRouterFrame, PING } from "../../src/protocol.ts";

const PING_EVERY_MS = 20_000;

/** Which of the agent's words a design needs; the others are left out, since nobody would send them there. */
export type Manners = "floor" | "naive" | "router";

/** An agent without a disk or a terminal: whatever it takes from the router, it takes at once. */
export class FastAgent {
  /** How many results the router says it has stored. */
  stored = 0;
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#pings = setInterval(() => socket.send(PING), PING_EVERY_MS).unref();
  }

  /** Connects, says hello, and resolves with the router's welcome. */
  static async connect(options: {
    url: string;
    key: string;
    sessions: readonly string[];
    manners: Manners;
    onCommand: (command: Command) => void;
  }): Promise<FastAgent> {
    const { url, key, sessions, manners, onCommand } = options;
    const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${key}` }, perMessageDeflate: false });
    const agent = new FastAgent(socket);
    const say = (frame: AgentFrame): void => socket.send(JSON.stringify(frame));
    const welcomed = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        const parsed = parseRouterFrame(data.toString("utf8"));
        if (parsed.status !== "frame") return;
        const { frame } = parsed;
        if (frame.type === "welcome") return resolve();
        if (frame.type === "resultStored") agent.stored += 1;
        if (frame.type !== "command") return;
        onCommand(frame);
        const { id, sessionId } = frame;
        if (manners === "router") say({ type: "journaled", id });
        if (manners !== "floor") say({ type: "commandResult", id, sessionId, outcome: "typed" });
      });
    });
    await once(socket, "open");
    if (manners === "router") {
      say({
        type: "hello",
        protocol: { min: 1, max: 1 },
        agentVersion: "bench",
        bootId: "bench",
        journalEpoch: "bench",
        sessions: [...sessions],
      });
    }
    await welcomed;
    return agent;
  }

  async close(): Promise<void> {
    clearInterval(this.#pings);
    const closed = once(this.#socket, "close");
    this.#socket.close(1000);
    await closed;
  }
}
