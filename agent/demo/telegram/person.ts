/**
 * What a person does in a client: writes, edits, presses, blocks. The client lets nobody do what is impossible, so these
 * throw where the real one shows no way.
 */
import type { Room } from "./chats.ts";
import { formatText } from "./formatted-text.ts";
import type { MessageEntity, PlainMessage, User } from "./message.ts";
import { newMessage, textFields } from "./methods/send.ts";
import { Refusal } from "./refusal.ts";
import { splitLongText } from "./split-long-text.ts";
import type { Update } from "./update.ts";
import type { World } from "./world.ts";

/** A person wanted what no client offers. */
export class ImpossibleAct extends Error {
  override name = "ImpossibleAct";
}

export interface Sending {
  /** The id of a private chat is the id of its person. */
  chatId: number;
  userId: number;
  text: string;
  /** The message that is replied to. */
  replyTo?: number;
  entities?: MessageEntity[];
}

/** Writes into a chat: one update, or several where the text is longer than a message. */
export function sendAsPerson(world: World, sending: Sending): Update[] {
  const { room, person } = enter(world, sending);
  const { replyTo } = sending;
  if (replyTo !== undefined && world.messages.find(sending.chatId, replyTo) === undefined) {
    throw new ImpossibleAct(`there is no message ${replyTo} in chat ${sending.chatId} to reply to`);
  }
  const updates: Update[] = [];
  for (const part of splitLongText(sending.text, sending.entities ?? [])) {
    const formatted = formatText(part.text, part.entities);
    if (formatted instanceof Refusal) throw new ImpossibleAct(formatted.description);
    if (formatted.text === "") continue;
    const message: PlainMessage = { ...newMessage(world, room, person), ...textFields(formatted) };
    const repliesTo = updates.length === 0 && replyTo !== undefined ? { replyTo } : {};
    const entry = { message, reactions: [], silent: false, ...repliesTo };
    world.keep(entry, "message");
    updates.push(world.publish({ message: world.messages.delivered(entry) }));
  }
  if (updates.length === 0) throw new ImpossibleAct("a message without text cannot be sent");
  return updates;
}

export interface Editing {
  chatId: number;
  userId: number;
  messageId: number;
  text: string;
}

export function editAsPerson(world: World, { chatId, userId, messageId, text }: Editing): Update {
  const entry = world.messages.find(chatId, messageId);
  if (entry?.message.from.id !== userId)
    throw new ImpossibleAct(`person ${userId} has no message ${messageId} to edit`);
  const formatted = formatText(text, []);
  if (formatted instanceof Refusal) throw new ImpossibleAct(formatted.description);
  if (formatted.text === "" || formatted.text === entry.message.text)
    throw new ImpossibleAct("the edit changes nothing");
  const { entities: _old, ...bare } = entry.message;
  const changed = { ...entry, message: { ...bare, ...textFields(formatted), edit_date: world.date() } };
  world.keep(changed, "edited");
  return world.publish({ edited_message: world.messages.delivered(changed) });
}

export interface Press {
  chatId: number;
  userId: number;
  messageId: number;
  data: string;
  /** A modified client claims what it likes: any data, and any message, also one that is gone. */
  forged?: boolean;
}

export function pressAsPerson(world: World, { chatId, userId, messageId, data, forged = false }: Press): Update {
  const { room, person } = enter(world, { chatId, userId });
  const entry = world.messages.find(chatId, messageId);
  const buttons = entry?.message.reply_markup?.inline_keyboard.flat() ?? [];
  if (!forged && !buttons.some((button) => button.callback_data === data)) {
    throw new ImpossibleAct(`no button with the data ${data} stands at message ${messageId} of chat ${chatId}`);
  }
  const query = world.queries.add({ chatId, userId, at: world.now() });
  const message = entry
    ? world.messages.delivered(entry)
    : { chat: room.chat, message_id: messageId, date: 0 as const };
  const chatInstance = String(BigInt(chatId) * 7_919n);
  return world.publish({ callback_query: { id: query.id, from: person, message, chat_instance: chatInstance, data } });
}

/** The person of a private chat blocks the bot or comes back, or someone throws it out of a group or takes it in again. */
export function setBlocked(world: World, chatId: number, userId: number, blocked: boolean): Update {
  const room = world.chats.find(chatId) ?? world.chats.openPrivate(world.chats.person(userId));
  const changed = { ...room, blocked };
  world.chats.save(changed);
  world.change({ type: "chat", chatId, room: changed });
  const inside = { user: world.bot, status: "member" };
  const outside = { user: world.bot, status: "kicked", until_date: 0 };
  return world.publish({
    my_chat_member: {
      chat: room.chat,
      from: world.chats.person(userId),
      date: world.date(),
      old_chat_member: room.blocked ? outside : inside,
      new_chat_member: blocked ? outside : inside,
    },
  });
}

/** The room that a person is in. Writing opens the private chat, and takes a blocked bot back. */
function enter(world: World, { chatId, userId }: { chatId: number; userId: number }): { room: Room; person: User } {
  const person = world.chats.person(userId);
  if (chatId > 0 && chatId !== userId) throw new ImpossibleAct("the id of a private chat is the id of its person");
  const known = world.chats.find(chatId);
  if (chatId > 0) {
    if (known?.blocked) setBlocked(world, chatId, userId, false);
    const room = world.chats.openPrivate(person);
    if (known === undefined) world.change({ type: "chat", chatId, room });
    return { room, person };
  }
  if (known === undefined) throw new ImpossibleAct(`there is no group ${chatId}: create it first`);
  if (!known.members.includes(userId)) throw new ImpossibleAct(`person ${userId} is not in group ${chatId}`);
  return { room: known, person };
}
