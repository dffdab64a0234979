import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocketServer, type WebSocket } from "ws";
import { freePort } from "../../agent/home/port.ts";
import {
  parseAgentFrame,
  PING,
  PONG,
  type AgentFrame,
  type Command,
  type Hello,
  type RouterFrame,
} from "../../src/protocol.ts";

/** One call of HTTP that came. */
export interface Call {
  path: string;
  body: unknown;
  authorization: string | undefined;
  at: number;
}

export interface HttpAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

type Answered = HttpAnswer | "silence" | undefined;

/** One connection of an agent, as the router has it. */
export class Peer {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly frames: AgentFrame[] = [];
  /** What came and was no frame. */
  readonly malformed: string[] = [];
  pings = 0;
  /** The code of the close, once it is closed. */
  closed: number | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, request: IncomingMessage, router: StandInRouter) {
    this.#socket = socket;
    this.headers = request.headers;
    this.url = request.url ?? "";
    socket.on("close", (code) => {
      this.closed = code;
    });
    socket.on("message", (data) => this.#take(Buffer.isBuffer(data) ? data.toString("utf8") : "", router));
  }

  #take(line: string, router: StandInRouter): void {
    if (line === PING) {
      this.pings += 1;
      if (router.answersPings) this.#socket.send(PONG);
      return;
    }
    const parsed = parseAgentFrame(line);
    if (parsed.status !== "frame") {
      this.malformed.push(line);
      return;
    }
    this.frames.push(parsed.frame);
    if (parsed.frame.type === "hello" && router.welcomes) this.welcome(router);
    if (parsed.frame.type !== "commandResult") return;
    const { id } = parsed.frame;
    router.unfinished = router.unfinished.filter((command) => command.id !== id);
    if (router.storesResults) this.send({ type: "resultStored", id });
  }

  /** Sends the welcome, and again what has no outcome. */
  welcome(router: StandInRouter): void {
    this.send({ type: "welcome", protocol: 1, window: 16 });
    for (const command of router.unfinished) this.send(command);
  }

  get hello(): Hello | undefined {
    return this.frames.find((frame) => frame.type === "hello");
  }

  of<Type extends AgentFrame["type"]>(type: Type): Extract<AgentFrame, { type: Type }>[] {
    return this.frames.filter((frame): frame is Extract<AgentFrame, { type: Type }> => frame.type === type);
  }

  send(frame: RouterFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(line: string): void {
    this.#socket.send(line);
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** The router's side of the protocol on a real port, to test the agent against. */
export class StandInRouter {
  readonly peers: Peer[] = [];
  readonly calls: Call[] = [];
  /** Requests for an upgrade, refused ones too. */
  upgrades = 0;
  welcomes = true;
  answersPings = true;
  storesResults = true;
  /** What is sent on each new connection. */
  unfinished: Command[] = [];
  /** Refuses the upgrade. */
  refusal: HttpAnswer | null = null;
  /** Answers a call; undefined lets it through, and after silence the connection is cut. */
  answer: (call: Call) => Answered | Promise<Answered> = () => undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor() {
    this.#server = createServer((request, response) => void this.#call(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      this.upgrades += 1;
      if (this.refusal) {
        const { status, headers = {} } = this.refusal;
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.end(`HTTP/1.1 ${status} No\r\n${lines.join("")}Content-Length: 0\r\nConnection: close\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.peers.push(new Peer(ws, request, this)));
    });
  }

  /** On a port that no outgoing connection takes while it is stopped. */
  static async start(port = 0): Promise<StandInRouter> {
    const router = new StandInRouter();
    const listening = once(router.#server, "listening");
    router.#server.listen(await freePort(port), "127.0.0.1");
    await listening;
    return router;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the stand-in router does not listen");
    return address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The newest connection that was welcomed. */
  get peer(): Peer {
    const peer = this.peers.filter((one) => one.hello !== undefined && one.closed === null).at(-1);
    if (peer === undefined) throw new Error("no agent is connected");
    return peer;
  }

  /** Bodies that came on a path, in order. */
  bodies(path: string): unknown[] {
    return this.calls.filter((call) => call.path === path).map((call) => call.body);
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: unknown = JSON.parse((await text(request)) || "null");
    const call: Call = {
      path: request.url ?? "",
      body,
      authorization: request.headers.authorization,
      at: performance.now(),
    };
    this.calls.push(call);
    const answer = (await this.answer(call)) ?? { status: 200, body: { ok: true } };
    if (answer === "silence") {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body ?? { error: `status ${answer.status}` }));
  }
}

/** The id of a command, of a session that no test cares for. */
export function commandId(n: number): string {
  return `AAAAAAAAAAAAAAAA.m7.${n}`;
}

/** A text to be typed. */
export function textCommand(n: number, sessionId: string, command: string, remainingMs = 60_000): Command {
  return { type: "command", kind: "text", id: commandId(n), sessionId, command, remainingMs };
}
