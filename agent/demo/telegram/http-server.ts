import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { BotApi } from "./bot-api.ts";
import { handleControl } from "./control-http.ts";
import { Refusal } from "./refusal.ts";
import { readParameters } from "./request-body.ts";
import { sendJson } from "./send-json.ts";
import type { TelegramStandIn } from "./telegram-stand-in.ts";

/** Serves the Bot API and the control side on 127.0.0.1. Rejects where the port is taken. */
export async function listen(telegram: TelegramStandIn, api: BotApi, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    handle(telegram, api, request, response).catch((error: unknown) => {
      // A client that went away is no news; anything else is a bug, and has to be seen.
      if (response.destroyed) return;
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function handle(
  telegram: TelegramStandIn,
  api: BotApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A page on the web whose name resolves to this machine may not reach in.
  const host = request.headers.host ?? "";
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host))
    return refuse(response, new Refusal(404, "Not Found"));
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (url.pathname.startsWith("/control/")) return handleControl(telegram, request, response, url);
  const match = /^\/bot(?<token>[^/]+)\/(?<method>[^/]+)\/?$/.exec(decodeURIComponent(url.pathname))?.groups;
  if (match === undefined) return refuse(response, new Refusal(404, "Not Found"));
  if (match["token"] !== telegram.token) return refuse(response, new Refusal(401, "Unauthorized"));
  const parameters = await readParameters(request, url.searchParams);
  if (parameters instanceof Refusal) return refuse(response, parameters);
  const outcome = await api.call(match["method"] ?? "", parameters, "http");
  if (outcome.status === "cut") {
    response.destroy();
    return;
  }
  if (outcome.retryAfter !== undefined) response.setHeader("retry-after", outcome.retryAfter);
  sendJson(response, outcome.code, outcome.body);
}

function refuse(response: ServerResponse, { code, description }: Refusal): void {
  // What was not read of the body is not worth waiting for.
  response.setHeader("connection", "close");
  sendJson(response, code, { ok: false, error_code: code, description });
}
