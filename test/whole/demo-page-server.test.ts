import { once } from "node:events";
import { request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { PageServer } from "../../agent/demo/page-server.ts";
import type { FromPage } from "../../agent/demo/page/feed.ts";

let server: PageServer;
let port: number;
let asked: FromPage[];

beforeEach(async () => {
  asked = [];
  server = await PageServer.start(0, {
    greet: () => [{ type: "toast", text: "welcome", alert: false }],
    file: (id) => (id === "known" ? new TextEncoder().encode("<script>alert('ä')</script>") : undefined),
    obey: async (message) => {
      if (message.type === "press") throw new Error("no such button");
      asked.push(message);
    },
  });
  port = Number(new URL(server.url).port);
});
afterEach(() => server.stop());

/** fetch would not let us set Host. */
async function get(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, resolve).once("error", reject).end();
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

async function open(headers: Record<string, string> = {}): Promise<{ page: WebSocket; heard: () => Promise<unknown> }> {
  const page = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers });
  const heard: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  page.on("message", (data) => {
    const message: unknown = JSON.parse(Buffer.isBuffer(data) ? data.toString("utf8") : "null");
    const first = waiting.shift();
    if (first === undefined) heard.push(message);
    else first(message);
  });
  await once(page, "open");
  return {
    page,
    heard: async () => (heard.length > 0 ? heard.shift() : await new Promise((resolve) => waiting.push(resolve))),
  };
}

test("the page and its modules are served, TypeScript without its types", async () => {
  const page = await get("/", { host: `localhost:${port}` });
  expect(page.status).toBe(200);
  expect(page.body).toContain("<!doctype html>");
  const { body } = await get("/toast.ts", { host: `127.0.0.1:${port}` });
  expect(body).toContain("export function toast(text");
  expect(body).not.toContain(": string");
  await expect(get("/modules/xterm.mjs", { host: `127.0.0.1:${port}` })).resolves.toMatchObject({ status: 200 });
});

test("a path outside of the page's files is not there", async () => {
  for (const path of ["/../demo.ts", "/%2e%2e/demo.ts", "/secrets.json", "/modules/../../demo.ts"]) {
    await expect(get(path, { host: `127.0.0.1:${port}` })).resolves.toMatchObject({ status: 404 });
  }
});

test("a file of the chat is served as text, whatever it holds, and no other is there", async () => {
  const host = `127.0.0.1:${port}`;
  const { status, headers, body } = await get("/files/known", { host });
  expect({ status, body }).toEqual({ status: 200, body: "<script>alert('ä')</script>" });
  expect(headers).toMatchObject({ "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  for (const path of ["/files/other", "/files/", "/files/../index.html/known", "/files/known/x"])
    await expect(get(path, { host })).resolves.toMatchObject({ status: 404 });
  await expect(get("/files/known", { host: `evil.example:${port}` })).resolves.toMatchObject({ status: 403 });
});

test("a foreign name that points to loopback gets nothing", async () => {
  await expect(get("/", { host: `evil.example:${port}` })).resolves.toMatchObject({ status: 403, body: "403\n" });
});

test("a foreign website cannot open the line that types into terminals", async () => {
  const page = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers: { origin: "https://evil.example" } });
  await expect(once(page, "open")).rejects.toThrow("403");
});

test("a page is greeted, is told what happens, and is heard", async () => {
  const { page, heard } = await open({ origin: `http://127.0.0.1:${port}` });
  await expect(heard()).resolves.toMatchObject({ text: "welcome" });
  server.tell({ type: "toast", text: "news", alert: false });
  await expect(heard()).resolves.toMatchObject({ text: "news" });
  page.send(JSON.stringify({ type: "send", text: "hello" }));
  // What is refused after it shows that it was read.
  page.send(JSON.stringify({ type: "press", messageId: 1, data: "x" }));
  await expect(heard()).resolves.toEqual({ type: "problem", text: "no such button" });
  expect(asked).toEqual([{ type: "send", text: "hello" }]);
  page.terminate();
});

test.each(["not JSON", "{}", '{"type":"key","machine":"devbox"}', '{"type":"send","text":""}'])(
  "what no page of ours says is refused, and the line stays open: %s",
  async (frame) => {
    const { page, heard } = await open();
    await heard();
    page.send(frame);
    await expect(heard()).resolves.toMatchObject({ type: "problem" });
    page.send(JSON.stringify({ type: "send", text: "still here" }));
    page.send(frame);
    await heard();
    expect(asked).toEqual([{ type: "send", text: "still here" }]);
    page.terminate();
  },
);
