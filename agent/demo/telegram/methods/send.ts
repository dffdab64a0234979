import type { Room } from "../chats.ts";
import { isObject, optionalBoolean } from "../fields.ts";
import type { FormattedText } from "../formatted-text.ts";
import { readReplyMarkup } from "../keyboard.ts";
import type { PlainMessage } from "../message.ts";
import type { Parameters } from "../parameters.ts";
import { BadRequest, badRequest, Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";
import { findReplied } from "./reply.ts";
import { findRoom } from "./room.ts";
import { readText } from "./text.ts";

/** From the documentation of sendMessage and sendDocument, counted in UTF-16 units after entities are parsed. */
export const MAX_TEXT_LENGTH = 4096;
export const MAX_CAPTION_LENGTH = 1024;
const MAX_FILE_BYTES = 50 * 1024 * 1024;

export function sendMessage(world: World, parameters: Parameters): Done | Refusal {
  if (parameters.string("text") === "") return badRequest("Message text is empty");
  const preview = readLinkPreview(parameters);
  if (preview instanceof Refusal) return preview;
  return send(world, parameters, () => {
    const formatted = readText(parameters, "text", "entities");
    if (formatted instanceof Refusal) return formatted;
    if (formatted.text === "") return badRequest("Text must be non-empty");
    if (formatted.text.length > MAX_TEXT_LENGTH) return badRequest("Message is too long");
    return { ...textFields(formatted), ...preview };
  });
}

export function sendDocument(world: World, parameters: Parameters): Done | Refusal {
  const reference = parameters.string("document");
  const name = reference.startsWith("attach://") ? reference.slice("attach://".length) : "document";
  const file = parameters.files.find(({ field }) => field === name);
  if (file === undefined) {
    return badRequest(reference === "" ? "there is no document in the request" : "the stand-in takes uploads only");
  }
  if (file.bytes.length > MAX_FILE_BYTES) return new Refusal(413, "Request Entity Too Large");
  if (file.bytes.length === 0) return badRequest("file must be non-empty");
  return send(world, parameters, () => {
    const caption = readText(parameters, "caption", "caption_entities");
    if (caption instanceof Refusal) return caption;
    if (caption.text.length > MAX_CAPTION_LENGTH) return badRequest("message caption is too long");
    return { document: world.files.add(file), ...captionFields(caption) };
  });
}

type Content = Partial<PlainMessage>;

/** What all kinds of messages have in common. The content is made last, as with the real server. */
function send(world: World, parameters: Parameters, makeContent: () => Content | Refusal): Done | Refusal {
  const markup = readReplyMarkup(parameters, { inlineOnly: false });
  if (markup instanceof Refusal) return markup;
  const room = findRoom(world, parameters);
  if (room instanceof Refusal) return room;
  if ((parameters.integer("message_thread_id") ?? 0) > 0) return badRequest("message thread not found");
  const replyTo = findReplied(world, room, parameters);
  if (replyTo instanceof Refusal) return replyTo;
  const content = makeContent();
  if (content instanceof Refusal) return content;
  const message: PlainMessage = {
    ...newMessage(world, room, world.bot),
    ...content,
    ...(markup === undefined ? {} : { reply_markup: markup }),
  };
  const silent = parameters.boolean("disable_notification");
  const entry = { message, reactions: [], silent, ...(replyTo === undefined ? {} : { replyTo }) };
  world.keep(entry, "message");
  return { result: world.messages.delivered(entry) };
}

/** A message without content, numbered and dated. */
export function newMessage(world: World, { chat }: Room, from: PlainMessage["from"]): PlainMessage {
  return { message_id: world.messages.nextId(chat.id), from, chat, date: world.date() };
}

/** The fields of a message of text; `entities` only where there are some. */
export function textFields({ text, entities }: FormattedText): Pick<PlainMessage, "text" | "entities"> {
  return { text, ...(entities.length > 0 ? { entities } : {}) };
}

/** The fields of a caption; none where it is empty. */
export function captionFields({ text, entities }: FormattedText): Pick<PlainMessage, "caption" | "caption_entities"> {
  if (text === "") return {};
  return { caption: text, ...(entities.length > 0 ? { caption_entities: entities } : {}) };
}

/** Reads `link_preview_options`: of it only what says that there is no preview. */
export function readLinkPreview(parameters: Parameters): Pick<PlainMessage, "link_preview_options"> | BadRequest {
  const json = parameters.json("link_preview_options");
  if (json.status === "absent") return {};
  if (json.status === "malformed") return badRequest("Can't parse link preview options JSON object");
  if (!isObject(json.value)) return badRequest("Object expected as link preview options");
  const isDisabled = optionalBoolean(json.value, "is_disabled");
  if (isDisabled instanceof BadRequest) return isDisabled;
  return isDisabled ? { link_preview_options: { is_disabled: true } } : {};
}
