import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { Api, GrammyError } from "grammy";
import * as v from "valibot";
import { expect, onTestFinished } from "vitest";
import { TelegramStandIn, type StandInOptions } from "../../agent/demo/telegram/telegram-stand-in.ts";
import { Update } from "../../agent/demo/telegram/update.ts";

export const TOKEN = "123456:stand-in_test-TOKEN";
export const BOT_ID = 123456;

/** A stand-in that ends with the test, and grammY's client for it. Seconds between attempts are milliseconds. */
export async function startTelegram(
  options: Partial<StandInOptions> = {},
): Promise<{ telegram: TelegramStandIn; api: Api }> {
  const telegram = await TelegramStandIn.start({
    token: TOKEN,
    username: "ccr_test_bot",
    retryScale: 0.001,
    ...options,
  });
  const stop = stopOnce(telegram);
  onTestFinished(stop);
  return { telegram, api: new Api(TOKEN, { apiRoot: telegram.url }) };
}

const stopped = new WeakSet<TelegramStandIn>();

/** Stops a stand-in before its test ends. */
export async function stopTelegram(telegram: TelegramStandIn): Promise<void> {
  if (stopped.has(telegram)) return;
  stopped.add(telegram);
  await telegram.stop();
}

function stopOnce(telegram: TelegramStandIn): () => Promise<void> {
  return () => stopTelegram(telegram);
}

/** What a webhook answers; `undefined`: it cuts the connection. */
export type WebhookAnswer = { status?: number; headers?: Record<string, string>; body?: string } | undefined;

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  update: Update;
}

/** A real webhook. `answer` may wait, and is told how many updates came before. */
export async function startWebhook(
  answer: (update: Update, before: number) => WebhookAnswer | Promise<WebhookAnswer> = () => ({}),
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const update = v.parse(Update, JSON.parse(body));
      const before = received.push({ headers: request.headers, body, update }) - 1;
      void Promise.resolve(answer(update, before)).then((reply) => {
        if (reply === undefined) return response.destroy();
        return response.writeHead(reply.status ?? 200, reply.headers).end(reply.body);
      });
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a webhook listens on a port");
  return { url: `http://127.0.0.1:${address.port}/hook`, received };
}

/** How the Bot API refused a call: `400 Bad Request: chat not found`. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GrammyError) return `${error.error_code} ${error.description}`;
    throw error;
  }
  return "accepted";
}

/** A promise that a test keeps by hand. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** vitest's own matchers are `any`, which nothing here may be. */
export const ANY_NUMBER: unknown = expect.any(Number);
export const ANY_STRING: unknown = expect.any(String);

export function holding(part: object): unknown {
  return expect.objectContaining(part);
}

export function textHolding(part: string): unknown {
  return expect.stringContaining(part);
}
