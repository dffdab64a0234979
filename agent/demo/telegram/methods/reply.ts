import { isObject, optionalBoolean, optionalInteger, requiredInteger } from "../fields.ts";
import type { Room } from "../chats.ts";
import type { Parameters } from "../parameters.ts";
import { BadRequest, badRequest } from "../refusal.ts";
import type { World } from "../world.ts";

interface Wish {
  messageId: number;
  allowWithout: boolean;
}

/** The message that the new one replies to: undefined where none was asked for, or where none is there and need not be. */
export function findReplied(world: World, room: Room, parameters: Parameters): number | undefined | BadRequest {
  const wish = readReplyParameters(parameters, room);
  if (wish === undefined || wish instanceof BadRequest) return wish;
  if (world.messages.find(room.chat.id, wish.messageId) !== undefined) return wish.messageId;
  return wish.allowWithout ? undefined : badRequest("message to be replied not found");
}

function readReplyParameters(parameters: Parameters, room: Room): Wish | undefined | BadRequest {
  const json = parameters.json("reply_parameters");
  if (json.status === "absent") return readOldParameters(parameters);
  if (json.status === "malformed") return badRequest("Can't parse reply parameters JSON object");
  const { value } = json;
  if (!isObject(value)) return badRequest("Object expected as reply parameters");
  if (Object.keys(value).length === 0) return undefined;
  const chatId = optionalInteger(value, "chat_id");
  if (chatId instanceof BadRequest) return chatId;
  if (chatId !== undefined && chatId !== room.chat.id) {
    return badRequest("the stand-in for Telegram knows no replies from one chat to another");
  }
  const messageId = requiredInteger(value, "message_id");
  if (messageId instanceof BadRequest) return messageId;
  const allowWithout = optionalBoolean(value, "allow_sending_without_reply");
  return allowWithout instanceof BadRequest ? allowWithout : { messageId, allowWithout };
}

/** How it was said before reply_parameters came; the server still takes it. */
function readOldParameters(parameters: Parameters): Wish | undefined {
  const messageId = parameters.integer("reply_to_message_id");
  if (messageId === undefined || messageId <= 0) return undefined;
  return { messageId, allowWithout: parameters.boolean("allow_sending_without_reply") };
}
