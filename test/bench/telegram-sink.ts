import { once } from "node:events";
import { createServer, type Server } from "node:http";
import * as v from "valibot";
import { until } from "../../agent/until.ts";

const Sent = v.looseObject({
  chat_id: v.number(),
  text: v.string(),
  entities: v.optional(v.array(v.looseObject({ type: v.string(), url: v.optional(v.string()) })), []),
});

export interface SentMessage {
  readonly messageId: number;
  readonly text: string;
  /** The link of its first line. */
  readonly link: string;
}

/** A Bot API that takes everything at once and checks nothing: the stand-in would be what is measured. */
export class TelegramSink {
  readonly url: string;
  readonly #server: Server;
  readonly #sent: SentMessage[] = [];
  readonly #reactions = new Map<number, string>();
  #messageId = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<TelegramSink> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a server on TCP has a port");
    const sink = new TelegramSink(server, address.port);
    server.on("request", (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ ok: true, result: sink.#call(request.url ?? "", body) }));
      });
    });
    return sink;
  }

  /** Numbers messages, those of people too. */
  nextMessageId(): number {
    return ++this.#messageId;
  }

  /** How many of these messages wear 👌. */
  done(messageIds: Iterable<number>): number {
    let count = 0;
    for (const id of messageIds) if (this.#reactions.get(id) === "👌") count += 1;
    return count;
  }

  /** The bot's newest message that holds this text. */
  async message(text: string | RegExp): Promise<SentMessage> {
    return until(`a message of the bot with ${text}`, () =>
      this.#sent.findLast((message) =>
        typeof text === "string" ? message.text.includes(text) : text.test(message.text),
      ),
    );
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #call(url: string, body: string): unknown {
    const method = url.slice(url.lastIndexOf("/") + 1);
    if (method === "sendMessage") {
      const { text, entities, chat_id: id } = v.parse(Sent, JSON.parse(body));
      const messageId = this.nextMessageId();
      this.#sent.push({ messageId, text, link: entities.find(({ type }) => type === "text_link")?.url ?? "" });
      return { message_id: messageId, date: 0, chat: { id, type: "private" }, text };
    }
    if (method === "setMessageReaction") {
      const { message_id: id, reaction } = v.parse(Reaction, JSON.parse(body));
      this.#reactions.set(id, reaction[0]?.emoji ?? "");
    }
    return true;
  }
}

const Reaction = v.looseObject({ message_id: v.number(), reaction: v.array(v.looseObject({ emoji: v.string() })) });
