import { readEntities } from "../entity-input.ts";
import { formatText, type FormattedText } from "../formatted-text.ts";
import type { Parameters } from "../parameters.ts";
import { BadRequest, badRequest } from "../refusal.ts";

/** Bytes that the Bot API server takes for a text before it looks at it. */
const MAX_TEXT_BYTES = 32 * 1024;

/** From the documentation of Message: what is beyond is left without a mark. */
const MAX_ENTITIES = 100;

/**
 * Reads a text with its entities. `parse_mode` is refused, whatever it says: with entities a text cannot fail to parse,
 * and this bot uses nothing else.
 */
export function readText(parameters: Parameters, name: string, entitiesName: string): FormattedText | BadRequest {
  const text = parameters.string(name);
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) return badRequest("Text is too long");
  if (!["", "none"].includes(parameters.string("parse_mode").toLowerCase())) {
    return badRequest("the stand-in for Telegram reads no parse_mode: send entities");
  }
  const entities = readEntities(parameters, entitiesName);
  if (entities instanceof BadRequest) return entities;
  const formatted = formatText(text, entities);
  if (formatted instanceof BadRequest) return formatted;
  return { text: formatted.text, entities: formatted.entities.slice(0, MAX_ENTITIES) };
}
