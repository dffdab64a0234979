import type { Room } from "../chats.ts";
import type { Entry } from "../messages.ts";
import type { Parameters } from "../parameters.ts";
import { badRequest, Refusal } from "../refusal.ts";
import type { World } from "../world.ts";

/** The chat that `chat_id` names, where the bot may do something in it. */
export function findRoom(world: World, parameters: Parameters): Room | Refusal {
  if (parameters.string("chat_id") === "") return badRequest("chat_id is empty");
  const chatId = parameters.integer("chat_id");
  const room = chatId === undefined ? undefined : world.chats.find(chatId);
  if (room === undefined) return badRequest("chat not found");
  if (!room.blocked) return room;
  const reason =
    room.chat.type === "private" ? "bot was blocked by the user" : `bot was kicked from the ${room.chat.type} chat`;
  return new Refusal(403, `Forbidden: ${reason}`);
}

/** The message that `chat_id` and `message_id` name. `what` is how the refusal calls it: `message to edit`. */
export function findMessage(
  world: World,
  parameters: Parameters,
  what: string,
): { room: Room; entry: Entry } | Refusal {
  const room = findRoom(world, parameters);
  if (room instanceof Refusal) return room;
  const messageId = parameters.integer("message_id") ?? 0;
  const entry = messageId > 0 ? world.messages.find(room.chat.id, messageId) : undefined;
  return entry === undefined ? badRequest(`${what} not found`) : { room, entry };
}
