/**
 * The naive design, to measure against: one global object that knows every socket and every message in memory. Nothing
 * is durable: a restart forgets all of it, a machine that is away loses its commands, a redelivery is typed twice. It
 * shows the same on the phone, a reaction once the machine has answered. The launcher binds it under this class's name.
 */
import { DurableObject } from "cloudflare:workers";

interface NaiveEnv {
  MACHINE: DurableObjectNamespace<MachineDO>;
  TELEGRAM_API_ROOT: string;
  TELEGRAM_BOT_TOKEN: string;
  TELEGRAM_WEBHOOK_SECRET: string;
  TELEGRAM_WEBHOOK_PATH_SECRET: string;
  ALLOWED_USER_IDS: string;
}

interface Update {
  message: {
    message_id: number;
    text: string;
    chat: { id: number };
    from: { id: number };
    reply_to_message?: { message_id: number };
  };
}

/** Which session a message of the bot belongs to, and on which machine that runs. */
type Known = [messageId: number, sessionId: string, machineId: string];

export class SessionDO extends DurableObject {}

export class MachineDO extends DurableObject<NaiveEnv> {
  readonly #sockets = new Map<string, WebSocket>();
  readonly #messages = new Map<number, { sessionId: string; machineId: string }>();

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/ws") return this.#connect(url.searchParams.get("machineId") ?? "");
    if (url.pathname === "/messages") return this.#learn(await request.json<Known[]>());
    return this.#update(await request.json<Update>());
  }

  #connect(machineId: string): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener("message", ({ data }) => {
      if (typeof data === "string") void this.#receive(data);
    });
    server.send(JSON.stringify({ type: "welcome", protocol: 1, window: 16 }));
    this.#sockets.set(machineId, server);
    return new Response(null, { status: 101, webSocket: client });
  }

  #learn(messages: readonly Known[]): Response {
    for (const [messageId, sessionId, machineId] of messages) this.#messages.set(messageId, { sessionId, machineId });
    return new Response(null, { status: 200 });
  }

  #update({ message }: Update): Response {
    const to = this.#messages.get(message.reply_to_message?.message_id ?? 0);
    if (to === undefined || !this.env.ALLOWED_USER_IDS.split(",").includes(String(message.from.id)))
      return new Response(null, { status: 200 });
    const id = `naivenaivenaive0.m${message.chat.id}.${message.message_id}`;
    const { sessionId, machineId } = to;
    this.#sockets.get(machineId)?.send(
      JSON.stringify({
        type: "command",
        id,
        kind: "text",
        sessionId,
        command: message.text,
        remainingMs: 86_400_000,
      }),
    );
    return new Response(null, { status: 200 });
  }

  async #receive(text: string): Promise<void> {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== "object" || frame === null || !("type" in frame && "id" in frame)) return;
    if (frame.type !== "commandResult") return;
    const [, chatId, messageId] = /\.m(\d+)\.(\d+)$/.exec(String(frame.id)) ?? [];
    const { TELEGRAM_API_ROOT, TELEGRAM_BOT_TOKEN } = this.env;
    await fetch(`${TELEGRAM_API_ROOT}/bot${TELEGRAM_BOT_TOKEN}/setMessageReaction`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        chat_id: Number(chatId),
        message_id: Number(messageId),
        reaction: [{ type: "emoji", emoji: "👌" }],
      }),
    });
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isUpdate = pathname.startsWith("/webhook/");
    if (isUpdate) {
      if (pathname !== `/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`)
        return new Response(null, { status: 404 });
      if (request.headers.get("X-Telegram-Bot-Api-Secret-Token") !== env.TELEGRAM_WEBHOOK_SECRET)
        return new Response(null, { status: 401 });
    }
    return env.MACHINE.getByName("the only one").fetch(request);
  },
} satisfies ExportedHandler<NaiveEnv>;
