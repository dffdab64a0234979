import { env } from "cloudflare:workers";
import * as v from "valibot";

const ButtonShape = v.looseObject({
  text: v.string(),
  callback_data: v.optional(v.string()),
  disabled: v.optional(v.unknown()),
});

const Entities = v.optional(
  v.array(v.looseObject({ type: v.string(), offset: v.number(), length: v.number(), url: v.optional(v.string()) })),
  [],
);

const MessageShape = v.looseObject({
  message_id: v.number(),
  from: v.optional(v.looseObject({ id: v.number() })),
  text: v.optional(v.string(), ""),
  entities: Entities,
  document: v.optional(v.looseObject({ file_id: v.string(), file_name: v.string(), file_size: v.number() })),
  caption: v.optional(v.string(), ""),
  caption_entities: Entities,
  reply_to_message: v.optional(v.looseObject({ message_id: v.number() })),
  reply_markup: v.optional(v.looseObject({ inline_keyboard: v.array(v.array(ButtonShape)) })),
  reactions: v.optional(v.array(v.string()), []),
});
export type SentMessage = v.InferOutput<typeof MessageShape>;

const CallShape = v.looseObject({ method: v.string(), payload: v.record(v.string(), v.unknown()), ok: v.boolean() });
export type ApiCall = v.InferOutput<typeof CallShape>;

/** An update as Telegram would post it; opaque to tests but for what they change in it. */
export type AnyUpdate = Record<string, unknown>;

async function post<Schema extends v.GenericSchema>(
  path: string,
  body: unknown,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const response = await fetch(`${env.TELEGRAM_API_ROOT}/control/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`control/${path}: ${text}`);
  return v.parse(schema, JSON.parse(text));
}

const WithUpdate = v.object({ update: v.record(v.string(), v.unknown()) });

/** The person writes a message. Nothing is delivered: the update is returned. */
export async function write(what: {
  chatId: number;
  userId: number;
  text: string;
  replyTo?: number;
}): Promise<AnyUpdate> {
  return (await post("send", what, WithUpdate)).update;
}

/** The person edits a message. */
export async function rewrite(what: {
  chatId: number;
  userId: number;
  messageId: number;
  text: string;
}): Promise<AnyUpdate> {
  return (await post("edit", what, WithUpdate)).update;
}

/** The person presses a button. */
export async function press(what: {
  chatId: number;
  userId: number;
  messageId: number;
  data: string;
  forged?: boolean;
}): Promise<AnyUpdate> {
  return (await post("press", what, WithUpdate)).update;
}

/** A group with the bot in it. `allowedReactions`: where left out, all are allowed. */
export async function createGroup(group: {
  chatId: number;
  title: string;
  members: number[];
  allowedReactions?: string[];
}): Promise<void> {
  await post("group", group, v.unknown());
}

/** The person blocks the bot. */
export async function block(userId: number): Promise<void> {
  await post("block", { userId }, v.unknown());
}

/** Makes Telegram fail as asked. */
export async function fault(what: {
  method?: string;
  chatId?: number;
  kind: "429" | "500" | "timeout-after-success" | "drop" | "slow";
  times: number;
  retryAfter?: number;
}): Promise<void> {
  await post("fault", what, v.unknown());
}

/** The chat as it stands now, oldest first. */
export async function messagesIn(chatId: number): Promise<SentMessage[]> {
  const response = await fetch(`${env.TELEGRAM_API_ROOT}/control/chats/${chatId}`);
  if (response.status === 404) return [];
  return v.parse(v.object({ messages: v.array(MessageShape) }), await response.json()).messages;
}

/** What the file of a message holds. */
export async function fileOf({ document }: SentMessage): Promise<string> {
  if (document === undefined) throw new Error("this message has no file");
  const response = await fetch(`${env.TELEGRAM_API_ROOT}/control/files/${document.file_id}`);
  if (!response.ok) throw new Error(`the file is not there: ${response.status}`);
  // As it is, a byte order mark included.
  return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(await response.arrayBuffer());
}

/** What the bot called, oldest first. */
export async function callsIn(chatId: number): Promise<ApiCall[]> {
  const response = await fetch(`${env.TELEGRAM_API_ROOT}/control/calls?chatId=${chatId}`);
  return v.parse(v.object({ calls: v.array(CallShape) }), await response.json()).calls;
}

/** Calls a Bot API method, as Telegram does with a method in the body of a webhook's 200. */
export async function callMethod(method: string, parameters: unknown): Promise<void> {
  await fetch(`${env.TELEGRAM_API_ROOT}/bot${env.TELEGRAM_BOT_TOKEN}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(parameters),
  });
}

/** The emoji that the bot put on a message; empty where there is none. */
export function reactionOn(message: SentMessage | undefined): string {
  return message?.reactions[0] ?? "";
}
