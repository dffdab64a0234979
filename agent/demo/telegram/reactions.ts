import { isObject, requiredString } from "./fields.ts";
import type { Parameters } from "./parameters.ts";
import { BadRequest, badRequest, inside } from "./refusal.ts";

/** The emoji that the Bot API lists under ReactionTypeEmoji (10.x). Note what is not there: ✅ ❌ ⏳. */
const REACTION_EMOJI: ReadonlySet<string> = new Set(
  (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 " +
    "👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
  ).split(" "),
);

/**
 * Reads the `reaction` of setMessageReaction: at most one emoji for a bot, and one that the chat allows.
 * `allowed` is undefined where a chat allows all.
 */
export function readReactions(parameters: Parameters, allowed: readonly string[] | undefined): string[] | BadRequest {
  const json = parameters.json("reaction");
  if (json.status === "absent") return [];
  if (json.status === "malformed") return badRequest("Can't parse reaction types JSON object");
  if (!Array.isArray(json.value)) return badRequest("Expected an Array of ReactionType");
  const emoji: string[] = [];
  for (const value of json.value) {
    const one = readReaction(value);
    if (one instanceof BadRequest) return inside("ReactionType", one);
    emoji.push(one);
  }
  if (emoji.length > 1) return badRequest("REACTIONS_TOO_MANY");
  const isAllowed = (one: string) => REACTION_EMOJI.has(one) && (allowed === undefined || allowed.includes(one));
  return emoji.every(isAllowed) ? emoji : badRequest("REACTION_INVALID");
}

/** The emoji as it was written: with a variation selector behind it, it is another one. Bots may set no custom emoji. */
function readReaction(value: unknown): string | BadRequest {
  if (!isObject(value)) return badRequest("expected an Object");
  const type = requiredString(value, "type");
  if (type instanceof BadRequest) return type;
  if (type === "custom_emoji") return "custom";
  if (type !== "emoji") return badRequest("invalid reaction type specified");
  return requiredString(value, "emoji");
}
