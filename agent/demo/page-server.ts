import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import * as v from "valibot";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { isOurs } from "./loopback-only.ts";
import { FromPage } from "./page/feed.ts";
import type { FromServer } from "./page/feed.ts";
import { contentSecurityPolicy, pageFiles } from "./page-files.ts";
import type { PageFile } from "./page-files.ts";

/** More than the longest message and a pasted page of text need. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** A page that reads slower than the terminals write is cut off, and comes back to the newest state. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

export interface PageEvents {
  /** What a page that has just opened must be told, in order. */
  greet(): readonly FromServer[];
  /** The bytes of a file of the chat; undefined where there is no such file. */
  file(id: string): Uint8Array | undefined;
  /** A page asks for something. A rejection is shown there. */
  obey(message: FromPage): Promise<void>;
}

/** Serves the page on loopback and keeps its WebSockets. */
export class PageServer {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  private constructor(url: string, server: Server, sockets: WebSocketServer) {
    this.url = url;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @throws Error of Node with code EADDRINUSE where the port is taken */
  static async start(port: number, events: PageEvents): Promise<PageServer> {
    const files = await pageFiles();
    const policy = contentSecurityPolicy(files.get("index.html")?.body.toString("utf8") ?? "");
    const find = (path: string): PageFile | undefined => files.get(path) ?? fileOfChat(path, events);
    const server = createServer((request, response) => serve(request, response, portOf(server), find, policy));
    const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
    server.on("upgrade", (request, socket, head) => {
      if (request.url !== "/feed" || !isOurs(request.headers, portOf(server))) {
        socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
        return;
      }
      sockets.handleUpgrade(request, socket, head, (page) => attend(page, events));
    });
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    await listening;
    return new PageServer(`http://127.0.0.1:${portOf(server)}`, server, sockets);
  }

  /** Tells every open page. */
  tell(message: FromServer): void {
    for (const page of this.#sockets.clients) say(page, message);
  }

  async stop(): Promise<void> {
    for (const page of this.#sockets.clients) page.terminate();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function attend(page: WebSocket, events: PageEvents): void {
  page.on("error", () => page.terminate());
  page.on("message", (data) => {
    // Whole messages arrive as a Buffer: the other shapes are options that nobody set.
    void obey(Buffer.isBuffer(data) ? data.toString("utf8") : "", events).catch((error: unknown) => {
      say(page, { type: "problem", text: error instanceof Error ? error.message : String(error) });
    });
  });
  for (const message of events.greet()) say(page, message);
}

async function obey(frame: string, events: PageEvents): Promise<void> {
  await events.obey(v.parse(v.pipe(v.string(), v.parseJson(), FromPage), frame));
}

function say(page: WebSocket, message: FromServer): void {
  if (page.readyState !== page.OPEN) return;
  if (page.bufferedAmount > MAX_UNSENT_BYTES) page.terminate();
  else page.send(JSON.stringify(message));
}

/** Whatever a file holds, a browser makes nothing of it but text. */
function fileOfChat(path: string, events: PageEvents): PageFile | undefined {
  const id = /^files\/([A-Za-z0-9_-]+)$/.exec(path)?.[1];
  const bytes = id === undefined ? undefined : events.file(id);
  return bytes === undefined ? undefined : { type: "text/plain; charset=utf-8", body: Buffer.from(bytes) };
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  find: (path: string) => PageFile | undefined,
  policy: string,
): void {
  if (!isOurs(request.headers, port)) return end(response, 403);
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405);
  const path = new URL(request.url ?? "/", "http://localhost").pathname.slice(1);
  const file = find(path === "" ? "index.html" : path);
  if (file === undefined) return end(response, 404);
  response.writeHead(200, {
    "content-type": file.type,
    "content-length": file.body.length,
    "content-security-policy": policy,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : file.body);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${status}\n`);
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the page's server does not listen");
  return address.port;
}
