import { env } from "cloudflare:workers";
import * as v from "valibot";
import { PONG, parseRouterFrame, type Command, type RouterFrame } from "../../../src/protocol.ts";
import { asAgent, deliver, request } from "./router.ts";
import { messagesIn, type SentMessage, write } from "./telegram.ts";
import { until } from "./until.ts";

/** A user of the allow-list, whose private chat with the bot exists. */
export const OWNER = 1001;

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** What an agent makes before it pairs. */
export async function newSecret(): Promise<{ random: string; keyHash: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return { random: base64Url(bytes), keyHash: base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) };
}

/** Asks for a code in the chat and reads it from the bot's message. */
export async function askForCode(machineId: string, owner = OWNER): Promise<{ code: string; message: SentMessage }> {
  const update = await write({ chatId: owner, userId: owner, text: `/pair ${machineId}` });
  await deliver(update);
  const pattern = new RegExp(`ccr-agent pair https://router\\.test (${machineId}-[0-9A-Z]{4}-[0-9A-Z]{4})`);
  return until(`a code for ${machineId}`, async () => {
    for (const message of (await messagesIn(owner)).toReversed()) {
      const code = pattern.exec(message.text)?.[1];
      if (code !== undefined) return { code, message };
    }
    return undefined;
  });
}

/** Sends a code as an agent does. Each call comes from an address of its own, unless `from` says otherwise. */
export async function redeem(
  machineId: string,
  code: string,
  keyHash: string,
  from: string = crypto.randomUUID(),
): Promise<Response> {
  return request(`/machines/${machineId}/pair`, {
    method: "POST",
    headers: { "CF-Connecting-IP": from },
    body: JSON.stringify({ code, keyHash }),
  });
}

/** Pairs a machine by way of the chat. */
export async function pairMachine(machineId: string, owner = OWNER): Promise<Machine> {
  const { code } = await askForCode(machineId, owner);
  const { random, keyHash } = await newSecret();
  const response = await redeem(machineId, code, keyHash);
  const { mac } = v.parse(v.object({ mac: v.string() }), await response.json());
  return new Machine(machineId, `ccr1.${machineId}.${random}.${mac}`, owner);
}

/** The agent's side of the router, spoken by hand. */
export class Machine {
  readonly name: string;
  readonly key: string;
  readonly owner: number;

  constructor(name: string, key: string, owner: number) {
    this.name = name;
    this.key = key;
    this.owner = owner;
  }

  async register(
    sessionId: string,
    more: Record<string, unknown> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    return asAgent(this.key, "POST", "/sessions/register", {
      sessionId,
      machineId: this.name,
      label: sessionId,
      ...more,
    });
  }

  async unregister(sessionId: string, reason?: string): Promise<{ status: number; body: Record<string, unknown> }> {
    return asAgent(this.key, "POST", "/sessions/unregister", {
      sessionId,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  async notify(
    sessionId: string,
    text: string,
    more: Record<string, unknown> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    return asAgent(this.key, "POST", "/notifications/send", { sessionId, text, ...more });
  }

  async connect(hello: Partial<Record<string, unknown>> = {}): Promise<Connection> {
    const connection = await this.open();
    connection.send({
      type: "hello",
      protocol: { min: 1, max: 1 },
      agentVersion: "test",
      bootId: "boot",
      journalEpoch: "epoch",
      sessions: [],
      ...hello,
    });
    await connection.next("welcome");
    return connection;
  }

  async inspect(): Promise<{ status: number; body: Record<string, unknown> }> {
    return asAgent(this.key, "GET", `/machines/${this.name}`);
  }

  /** A socket that has not said hello. */
  async open(): Promise<Connection> {
    const response = await request(`/ws?machineId=${this.name}`, {
      headers: { Upgrade: "websocket", Authorization: `Bearer ${this.key}` },
    });
    if (response.webSocket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
    return new Connection(response.webSocket);
  }
}

/** One socket of an agent. */
export class Connection {
  readonly #socket: WebSocket;
  readonly received: string[] = [];
  readonly #taken = new Set<number>();
  #barriers = 0;
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.received.push(data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === "string" || frame instanceof ArrayBuffer ? frame : JSON.stringify(frame));
  }

  close(code?: number): void {
    this.#socket.close(code, code === undefined ? undefined : "test");
  }

  /** Says what became of a command; does not wait. */
  result(command: Pick<Command, "id" | "sessionId">, outcome = "typed", error?: string): void {
    this.send({
      type: "commandResult",
      id: command.id,
      sessionId: command.sessionId,
      outcome,
      ...(error === undefined ? {} : { error }),
    });
  }

  journal(command: Pick<Command, "id">): void {
    this.send({ type: "journaled", id: command.id });
  }

  /** The texts of the commands that came, in order. */
  texts(): string[] {
    return this.commands().map(({ command }) => command);
  }

  /** Waits until this many commands came, and for any that should not have. */
  async hasTexts(count: number): Promise<string[]> {
    await until(`${count} commands came`, () => this.commands().length >= count);
    await this.settled();
    return this.texts();
  }

  isStored(id: string): boolean {
    return this.frames().some((frame) => frame.type === "resultStored" && frame.id === id);
  }

  /** All frames so far, in order; pongs left out. */
  frames(): RouterFrame[] {
    return this.received
      .filter((text) => text !== PONG)
      .flatMap((text) => {
        const parsed = parseRouterFrame(text);
        if (parsed.status !== "frame") throw new Error(`the router sent ${text}`);
        return [parsed.frame];
      });
  }

  commands(): Command[] {
    return this.frames().filter((frame) => frame.type === "command");
  }

  /** The next frame of this type that was not taken yet. */
  async next<Type extends RouterFrame["type"]>(type: Type): Promise<Extract<RouterFrame, { type: Type }>> {
    return until(`a ${type} frame comes`, () => {
      const frames = this.frames();
      const index = frames.findIndex((frame, at) => frame.type === type && !this.#taken.has(at));
      if (index === -1) return undefined;
      this.#taken.add(index);
      const frame = frames[index];
      return frame !== undefined && isOf(frame, type) ? frame : undefined;
    });
  }

  /**
   * Waits until the router has dealt with all that was sent before: with results of commands that nobody knows, one for
   * each session, since results of one session wait for each other.
   */
  async settled(): Promise<void> {
    this.#barriers += 1;
    const refs = new Set(["NobodysCommand00", ...this.commands().map(({ id }) => id.slice(0, id.indexOf(".")))]);
    const ids = [...refs].map((ref) => `${ref}.m1.${this.#barriers}`);
    for (const id of ids) this.result({ id, sessionId: "nobody" });
    await until("the router has dealt with what was sent", () => ids.every((id) => this.isStored(id)));
  }

  /** Waits until the router has read all that was sent before; what follows from a result may still be under way. */
  async heard(): Promise<void> {
    this.#barriers += 1;
    // Nobody's, and each a stranger's: its session was not called just now, so nothing is waited for.
    const id = `Nobody${String(this.#barriers).padStart(10, "0")}.m1.1`;
    this.result({ id, sessionId: "nobody" });
    await until("the router has read what was sent", () => this.isStored(id));
  }

  /** Journals a command and says what became of it; waits until that is stored. */
  async carryOut(command: Command, outcome = "typed", error?: string): Promise<void> {
    this.journal(command);
    this.result(command, outcome, error);
    await until(`${command.id} is stored`, () => this.isStored(command.id));
  }

  async isClosed(): Promise<{ code: number; reason: string }> {
    return until("the socket is closed", () => this.closed);
  }
}

function isOf<Type extends RouterFrame["type"]>(
  frame: RouterFrame,
  type: Type,
): frame is Extract<RouterFrame, { type: Type }> {
  return frame.type === type;
}

/** The bot's message with this text in it, in the owner's chat. */
export async function messageWith(text: string, chatId = OWNER): Promise<SentMessage> {
  return until(`a message says ${JSON.stringify(text)}`, async () =>
    (await messagesIn(chatId)).findLast((message) => message.from?.id === botId() && message.text.includes(text)),
  );
}

function botId(): number {
  return Number(env.TELEGRAM_BOT_TOKEN.split(":")[0]);
}
