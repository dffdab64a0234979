import { isObject, optionalString, requiredInteger, requiredString, type JsonObject } from "./fields.ts";
import { checkLink } from "./links.ts";
import type { MessageEntity } from "./message.ts";
import type { Parameters } from "./parameters.ts";
import { BadRequest, badRequest, inside } from "./refusal.ts";

/** What a sender may mark. */
const MARKS = new Set([
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "blockquote",
  "expandable_blockquote",
  "code",
]);
/** What the servers find by themselves: taken, and left out. */
const FOUND = new Set([
  "mention",
  "hashtag",
  "cashtag",
  "bot_command",
  "url",
  "email",
  "phone_number",
  "bank_card_number",
]);

/** Reads `entities` or `caption_entities`. What is no array is as good as absent, as with the real server. */
export function readEntities(parameters: Parameters, name: string): MessageEntity[] | BadRequest {
  const json = parameters.json(name);
  if (json.status !== "value" || !Array.isArray(json.value)) return [];
  const entities: MessageEntity[] = [];
  for (const value of json.value) {
    const entity = readEntity(value);
    if (entity instanceof BadRequest) return inside("MessageEntity", entity);
    if (entity === "found") continue;
    const link = entity.url === undefined ? undefined : checkLink(entity.url, "Entity");
    if (link instanceof BadRequest) return link;
    entities.push(link === undefined ? entity : { ...entity, url: link });
  }
  return entities;
}

function readEntity(value: unknown): MessageEntity | "found" | BadRequest {
  if (!isObject(value)) return badRequest("expected an Object");
  const offset = requiredInteger(value, "offset");
  if (offset instanceof BadRequest) return offset;
  const length = requiredInteger(value, "length");
  if (length instanceof BadRequest) return length;
  const type = requiredString(value, "type");
  if (type instanceof BadRequest) return type;
  if (FOUND.has(type)) return "found";
  const detail = readDetail(value, type);
  return detail instanceof BadRequest ? detail : { type, offset, length, ...detail };
}

type Detail = Pick<MessageEntity, "url" | "language" | "custom_emoji_id">;

function readDetail(value: JsonObject, type: string): Detail | BadRequest {
  if (MARKS.has(type)) return {};
  if (type === "pre") {
    const language = optionalString(value, "language");
    if (language instanceof BadRequest) return language;
    return language === undefined || language === "" ? {} : { language };
  }
  if (type === "text_link") {
    const url = requiredString(value, "url");
    return url instanceof BadRequest ? url : { url };
  }
  if (type === "custom_emoji") {
    const id = requiredString(value, "custom_emoji_id");
    return id instanceof BadRequest ? id : { custom_emoji_id: id };
  }
  return badRequest("Unsupported type specified");
}
