import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { Post } from "./history.ts";
import type { Fault } from "./plan.ts";

type Trouble = Extract<Fault, { do: "webhook" }>["kind"];

const SLOW_MS = 1_500;
/** What Telegram holds for lost arrives after so many milliseconds; it was brought again long before. */
const LATE_MS = 3_000;
/** What is to be overtaken goes on after so many milliseconds, where nothing comes. */
const PATIENCE_MS = 6_000;

/** The way from Telegram to the webhook, with what happens on it. It writes down every POST and its answer. */
export class WebhookGate {
  readonly posts: Post[] = [];
  readonly #server: Server;
  readonly #target: string;
  readonly #passed: () => void;
  #troubles: Trouble[] = [];
  /** What waits until another one has passed, by update. */
  readonly #overtaken = new Map<number, Promise<void>>();
  readonly #taken = new EventEmitter();
  /** What is on its way, and nobody waits for. */
  readonly #late = new Set<Promise<unknown>>();

  private constructor(target: string, passed: () => void) {
    this.#target = target;
    this.#passed = passed;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  /**
   * @param target the webhook's own URL
   * @param passed told of each update as it passes
   */
  static async start(target: string, passed: () => void): Promise<WebhookGate> {
    const gate = new WebhookGate(target, passed);
    gate.#server.listen(0, "127.0.0.1");
    await once(gate.#server, "listening");
    return gate;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a server on TCP has an address with a port");
    return `http://127.0.0.1:${address.port}/`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** Trouble for the next `times` updates. */
  trouble(kind: Trouble, times: number): void {
    for (let time = 0; time < times; time++) this.#troubles.push(kind);
  }

  /** Resolves when the `late` update, which must not have come yet, may go on: once the router has taken the `early`. */
  async letOvertake(early: number, late: number): Promise<void> {
    const tooLong = AbortSignal.timeout(PATIENCE_MS);
    const overtaken = once(this.#taken, String(early), { signal: tooLong }).then(
      () => {},
      () => {},
    );
    this.#overtaken.set(late, overtaken);
    await overtaken;
    this.#overtaken.delete(late);
  }

  /** Resolves when nothing is late any more. */
  async heal(): Promise<void> {
    this.#troubles = [];
    await Promise.all(this.#late);
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const secret = String(request.headers["x-telegram-bot-api-secret-token"] ?? "");
    const trouble = this.#troubles.shift();
    if (trouble === "lose-request") return void response.destroy();
    if (trouble === "late") {
      this.#bringLate(body, secret);
      return void response.destroy();
    }
    await this.#overtaken.get(updateIdOf(body));
    if (trouble === "slow") await pause(SLOW_MS);
    const heard = trouble !== "lose-answer";
    const answers = [this.#post(body, secret, heard)];
    // The second one's answer goes nowhere.
    if (trouble === "twice") answers.push(this.#post(body, secret, false));
    const [answer] = await Promise.all(answers);
    if (answer === undefined || !heard) return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #bringLate(body: Buffer, secret: string): void {
    const late = pause(LATE_MS).then(() => this.#post(body, secret, false));
    this.#late.add(late);
    void late.finally(() => this.#late.delete(late));
  }

  async #post(body: Buffer, secret: string, heard: boolean): Promise<Answer | undefined> {
    const post: Post = { updateId: updateIdOf(body), from: Date.now(), to: 0, status: 0, heard, answer: "" };
    this.posts.push(post);
    this.#passed();
    try {
      const response = await fetch(this.#target, {
        method: "POST",
        headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
        body: new Uint8Array(body),
      });
      const text = await response.text();
      post.status = response.status;
      post.answer = text;
      if (response.ok) this.#taken.emit(String(post.updateId));
      const headers: Record<string, string> = {};
      for (const name of ["content-type", "retry-after"]) {
        const value = response.headers.get(name);
        if (value !== null) headers[name] = value;
      }
      return { status: response.status, headers, body: text };
    } catch {
      // The router is away: Telegram hears nothing either.
      return undefined;
    } finally {
      post.to = Date.now();
    }
  }
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function updateIdOf(body: Buffer): number {
  return Number(/"update_id":(\d+)/.exec(body.toString("utf8"))?.[1] ?? 0);
}
