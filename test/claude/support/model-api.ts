import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { text as readAll } from "node:stream/consumers";
import * as v from "valibot";
import { type Answer, ModelRequest, events, lastToolResults } from "./model-messages.ts";

/** An answer that is planned, and what holds it back. */
type Planned = { answer: Answer; released: Promise<void>; arrived: () => void };

/** An answer that waits for the test. */
export type Held = {
  /** Resolves when the CLI has asked for it. */
  asked: Promise<ModelRequest>;
  release(): void;
};

/**
 * A stand-in for the model API on loopback. Every request is answered with the next planned answer. It is strict: a
 * request that it does not understand, that nothing was planned for, or a planned tool that was not offered is
 * answered 400 and written into `complaints`, which each test expects to be empty.
 */
export class ModelApi {
  readonly requests: ModelRequest[] = [];
  readonly complaints: string[] = [];
  readonly key = "sk-ant-api03-stand-in-for-the-model-0123456789abcdef";
  readonly url: string;
  readonly #server: Server;
  readonly #planned: Planned[] = [];
  readonly #awaitedResults = new Set<string>();
  readonly #conversations: { begunWith: string; answer: Answer }[] = [];
  #otherwise: Answer | undefined;
  #count = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<ModelApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the stand-in has no port");
    const api = new ModelApi(server, address.port);
    server.on("request", (request, response) => void api.#serve(request, response));
    return api;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Plans the next answers, in order. */
  plan(...answers: readonly Answer[]): void {
    this.#planned.push(...answers.map(atOnce));
  }

  /** Plans an answer that is sent only when the test releases it: until then the CLI is busy. */
  hold(answer: Answer): Held {
    const released = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<ModelRequest>();
    const arrive = (): void => {
      const request = this.requests.at(-1);
      if (request !== undefined) arrived.resolve(request);
    };
    this.#planned.push({ answer, released: released.promise, arrived: arrive });
    return { asked: arrived.promise, release: () => released.resolve() };
  }

  /** Answers every request of a conversation that began with this text: a subagent's, beside the planned ones. */
  inConversation(begunWith: string, answer: Answer): void {
    this.#conversations.push({ begunWith, answer });
  }

  /** What is answered from now on where nothing is planned: for failures, since the CLI tries again by itself. */
  otherwise(answer: Answer): void {
    this.#otherwise = answer;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    // Asked once at the start: whether the host is there at all.
    if (request.method === "HEAD" && request.url === "/") {
      response.writeHead(200).end();
      return;
    }
    const path = (request.url ?? "").split("?")[0];
    if (request.method !== "POST" || path !== "/v1/messages") {
      return this.#complain(response, `${request.method} ${request.url} is not served`);
    }
    if (request.headers["x-api-key"] !== this.key) return this.#complain(response, "the request lacks the key");
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ModelRequest), body);
    if (!parsed.success) return this.#complain(response, `a request of another shape: ${v.summarize(parsed.issues)}`);
    await this.#answer(parsed.output, response);
  }

  async #answer(request: ModelRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request);
    for (const { toolUseId } of lastToolResults(request)) {
      if (!this.#awaitedResults.delete(toolUseId)) {
        return this.#complain(response, `a result for ${toolUseId}, which nobody asked for`);
      }
    }
    const planned = this.#ofConversation(request) ?? this.#planned.shift() ?? this.#fallback();
    if (planned === undefined) return this.#complain(response, `no answer is planned for ${describe(request)}`);
    planned.arrived();
    await planned.released;
    const { answer } = planned;
    if (answer.kind === "error") {
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ type: "error", error: { type: answer.type, message: answer.message } }));
      return;
    }
    const offered = new Set(request.tools.map(({ name }) => name));
    const unknown = answer.blocks.find((block) => block.type === "tool_use" && !offered.has(block.name));
    if (unknown?.type === "tool_use") {
      return this.#complain(response, `${unknown.name} is not among the tools: ${[...offered].join(", ")}`);
    }
    this.#count += 1;
    const blocks = answer.blocks.map((block, index) => ({ block, toolUseId: `toolu_${this.#count}_${index}` }));
    for (const { block, toolUseId } of blocks) if (block.type === "tool_use") this.#awaitedResults.add(toolUseId);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of events(`msg_${this.#count}`, request.model, blocks, answer.flagged)) {
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    response.end();
  }

  #fallback(): Planned | undefined {
    return this.#otherwise === undefined ? undefined : atOnce(this.#otherwise);
  }

  #ofConversation({ messages: [first] }: ModelRequest): Planned | undefined {
    const beginning = JSON.stringify(first);
    const found = this.#conversations.find(({ begunWith }) => beginning.includes(begunWith));
    return found === undefined ? undefined : atOnce(found.answer);
  }

  #complain(response: ServerResponse, complaint: string): void {
    this.complaints.push(complaint);
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ type: "error", error: { type: "invalid_request_error", message: complaint } }));
  }
}

function atOnce(answer: Answer): Planned {
  return { answer, released: Promise.resolve(), arrived: () => {} };
}

function describe(request: ModelRequest): string {
  return JSON.stringify(request.messages.at(-1)).slice(0, 300);
}
