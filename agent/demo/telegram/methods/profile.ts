import { isObject, requiredString } from "../fields.ts";
import type { Parameters } from "../parameters.ts";
import { BadRequest, badRequest, inside, Refusal } from "../refusal.ts";
import type { BotCommands } from "../settings.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";
import { findRoom } from "./room.ts";

export function getMe(world: World): Done {
  return {
    result: {
      ...world.bot,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
    },
  };
}

export function getChat(world: World, parameters: Parameters): Done | Refusal {
  const room = findRoom(world, parameters);
  if (room instanceof Refusal) return room;
  return { result: { ...room.chat, accent_color_id: 0, max_reaction_count: 11, accepted_gift_types: {} } };
}

const ACTIONS = new Set(
  (
    "cancel typing record_video upload_video record_audio record_voice upload_audio upload_voice upload_photo " +
    "upload_document choose_sticker pick_up_location find_location record_video_note upload_video_note"
  ).split(" "),
);

export function sendChatAction(world: World, parameters: Parameters): Done | Refusal {
  const action = parameters.string("action");
  if (!ACTIONS.has(action)) return badRequest("Wrong parameter action in request");
  const room = findRoom(world, parameters);
  if (room instanceof Refusal) return room;
  world.change({ type: "action", chatId: room.chat.id, action });
  return { result: true };
}

export function setMyCommands(world: World, parameters: Parameters): Done | Refusal {
  const scope = readScope(world, parameters);
  if (scope instanceof Refusal) return scope;
  const commands = readCommands(parameters);
  if (commands instanceof Refusal) return commands;
  world.settings.setCommands(scope, commands);
  return { result: true };
}

export function getMyCommands(world: World, parameters: Parameters): Done | Refusal {
  const scope = readScope(world, parameters);
  return scope instanceof Refusal ? scope : { result: world.settings.commands(scope) };
}

/** From the documentation of setMyCommands and BotCommand. */
const MAX_COMMANDS = 100;
const COMMAND_NAME = /^[a-z0-9_]{1,32}$/;
const MAX_DESCRIPTION_LENGTH = 256;

function readCommands(parameters: Parameters): BotCommands | Refusal {
  const json = parameters.json("commands");
  if (json.status === "absent") return [];
  if (json.status === "malformed") return badRequest("Can't parse commands JSON object");
  if (!Array.isArray(json.value)) return badRequest("Expected an Array of BotCommand");
  const commands: BotCommands = [];
  for (const value of json.value) {
    if (!isObject(value)) return inside("BotCommand", badRequest("expected an Object"));
    const command = requiredString(value, "command");
    if (command instanceof BadRequest) return inside("BotCommand", command);
    const description = requiredString(value, "description");
    if (description instanceof BadRequest) return inside("BotCommand", description);
    if (command === "") return badRequest("Command must be non-empty");
    if (!COMMAND_NAME.test(command)) return badRequest("BOT_COMMAND_INVALID");
    if (description === "") return badRequest("Command description must be non-empty");
    if (description.length > MAX_DESCRIPTION_LENGTH) return badRequest("BOT_COMMAND_DESCRIPTION_INVALID");
    commands.push({ command, description });
  }
  return commands.length > MAX_COMMANDS ? badRequest("BOT_COMMANDS_TOO_MUCH") : commands;
}

/** Where the commands are shown, as one text that names scope and language. */
function readScope(world: World, parameters: Parameters): string | Refusal {
  const language = parameters.string("language_code");
  const json = parameters.json("scope");
  if (json.status === "absent") return `default ${language}`;
  const { value } = json.status === "value" ? json : { value: undefined };
  if (!isObject(value)) return badRequest("Can't parse BotCommandScope JSON object");
  const type = requiredString(value, "type");
  if (type instanceof BadRequest) return inside("BotCommandScope", type);
  if (["default", "all_private_chats", "all_group_chats", "all_chat_administrators"].includes(type)) {
    return `${type} ${language}`;
  }
  if (!["chat", "chat_administrators", "chat_member"].includes(type)) {
    return inside("BotCommandScope", badRequest("Unsupported type specified"));
  }
  const chatId = requiredString(value, "chat_id");
  if (chatId instanceof BadRequest) return inside("BotCommandScope", chatId);
  if (world.chats.find(Number(chatId)) === undefined) return badRequest("chat not found");
  return `${type} ${chatId} ${language}`;
}
