/**
 * The person's side over HTTP: for the page, and for tests whose runtime cannot hold the class. The same things as the
 * methods of TelegramStandIn, with the same names.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as v from "valibot";
import { FAULT_KINDS } from "./calls.ts";
import type { ChangeEvent } from "./events.ts";
import { MessageEntity } from "./message.ts";
import { ImpossibleAct } from "./person.ts";
import { readBody } from "./request-body.ts";
import { sendJson } from "./send-json.ts";
import type { TelegramStandIn } from "./telegram-stand-in.ts";

const MAX_BODY_BYTES = 1024 * 1024;

const Id = v.pipe(v.number(), v.safeInteger());
const inChat = { chatId: Id, userId: Id };

type Act = (telegram: TelegramStandIn, body: unknown) => unknown;

/** Parses the body, then acts. */
function act<Schema extends v.GenericSchema>(
  schema: Schema,
  run: (telegram: TelegramStandIn, body: v.InferOutput<Schema>) => unknown,
): Act {
  return (telegram, body) => {
    const parsed = v.safeParse(schema, body);
    if (!parsed.success) throw new ImpossibleAct(v.summarize(parsed.issues));
    return run(telegram, parsed.output);
  };
}

const ACTS: Readonly<Record<string, Act>> = {
  send: act(
    v.strictObject({
      ...inChat,
      text: v.string(),
      replyTo: v.exactOptional(Id),
      entities: v.exactOptional(v.array(MessageEntity)),
    }),
    (telegram, body) => {
      const updates = telegram.sendLong(body);
      return { update: updates[0], updates };
    },
  ),
  edit: act(v.strictObject({ ...inChat, messageId: Id, text: v.string() }), (telegram, body) => ({
    update: telegram.edit(body),
  })),
  press: act(
    v.strictObject({ ...inChat, messageId: Id, data: v.string(), forged: v.exactOptional(v.boolean()) }),
    (telegram, body) => ({ update: telegram.press(body) }),
  ),
  group: act(
    v.strictObject({
      chatId: Id,
      title: v.string(),
      members: v.array(Id),
      allowedReactions: v.exactOptional(v.array(v.string())),
    }),
    (telegram, body) => {
      telegram.createGroup(body);
      return { ok: true };
    },
  ),
  introduce: act(
    v.strictObject({ userId: Id, firstName: v.string(), username: v.exactOptional(v.string()) }),
    (telegram, body) => {
      telegram.introduce(body);
      return { ok: true };
    },
  ),
  fault: act(
    v.strictObject({
      method: v.exactOptional(v.string()),
      chatId: v.exactOptional(Id),
      kind: v.picklist(FAULT_KINDS),
      times: v.pipe(v.number(), v.minValue(1)),
      retryAfter: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    }),
    (telegram, body) => {
      telegram.fault(body);
      return { ok: true };
    },
  ),
  block: act(v.strictObject({ userId: Id }), (telegram, { userId }) => ({ update: telegram.blockBot(userId) })),
  kick: act(v.strictObject(inChat), (telegram, { chatId, userId }) => ({ update: telegram.kickBot(chatId, userId) })),
  redeliver: act(v.strictObject({ updateId: Id }), async (telegram, { updateId }) => ({
    delivery: await telegram.redeliver(updateId),
  })),
};

export async function handleControl(
  telegram: TelegramStandIn,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const path = url.pathname.slice("/control/".length);
  if (request.method === "GET" && path === "events") return streamEvents(telegram, response);
  if (request.method === "GET" && path.startsWith("files/")) return sendFile(telegram, response, path.slice(6));
  if (request.method === "GET") {
    const found = await look(telegram, path, url.searchParams);
    return sendJson(response, found === undefined ? 404 : 200, found ?? { error: `nothing is at /control/${path}` });
  }
  const run = ACTS[path];
  if (request.method !== "POST" || run === undefined) {
    return sendJson(response, 404, { error: `nothing is at /control/${path}` });
  }
  // A form on a foreign page can post anything but JSON without asking first.
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    return sendJson(response, 415, { error: "send JSON, with content-type application/json" });
  }
  const { code, body } = await perform(telegram, run, await readBody(request, MAX_BODY_BYTES));
  sendJson(response, code, body);
}

async function perform(
  telegram: TelegramStandIn,
  run: Act,
  bytes: Buffer | undefined,
): Promise<{ code: number; body: unknown }> {
  try {
    const body: unknown = JSON.parse(bytes?.toString() ?? "");
    return { code: 200, body: await run(telegram, body) };
  } catch (error) {
    if (error instanceof ImpossibleAct) return { code: 400, body: { error: error.message } };
    if (error instanceof SyntaxError) return { code: 400, body: { error: "the body is no JSON" } };
    throw error;
  }
}

async function look(telegram: TelegramStandIn, path: string, query: URLSearchParams): Promise<unknown> {
  const chatId = /^chats\/(?<id>-?\d+)$/.exec(path)?.groups?.["id"];
  if (chatId !== undefined) return { messages: telegram.messages(Number(chatId)) };
  switch (path) {
    case "chats":
      return { chats: telegram.chats() };
    case "calls": {
      const only = query.get("chatId");
      return { calls: telegram.calls.filter(({ payload }) => only === null || String(payload["chat_id"]) === only) };
    }
    case "answers":
      return { answers: Object.fromEntries(telegram.answers) };
    case "deliveries":
      return { deliveries: telegram.deliveries };
    case "idle":
      await telegram.idle();
      return { ok: true };
    default:
      return undefined;
  }
}

/** The bytes of a document, as they were uploaded. */
function sendFile(telegram: TelegramStandIn, response: ServerResponse, fileId: string): void {
  const bytes = telegram.file(fileId);
  if (bytes === undefined) return sendJson(response, 404, { error: "there is no such file" });
  response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "no-store" }).end(bytes);
}

/** Server-sent events: each change as one line of JSON. */
function streamEvents(telegram: TelegramStandIn, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  // Sends the head at once, so that the listener knows that it listens.
  response.write(": here\n\n");
  const tell = (event: ChangeEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  telegram.on("change", tell);
  response.on("close", () => telegram.off("change", tell));
}
