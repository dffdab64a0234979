import { readReplyMarkup } from "../keyboard.ts";
import type { InlineKeyboard, PlainMessage } from "../message.ts";
import type { Entry } from "../messages.ts";
import type { Parameters } from "../parameters.ts";
import { readReactions } from "../reactions.ts";
import { badRequest, Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";
import { findMessage } from "./room.ts";
import { captionFields, MAX_CAPTION_LENGTH, MAX_TEXT_LENGTH, readLinkPreview, textFields } from "./send.ts";
import { readText } from "./text.ts";

/** A bot may delete a message for everyone for this long, in seconds. */
const DELETABLE = 48 * 60 * 60;

/** Without a `reply_markup` the keyboard goes: that is how Telegram reads an edit. */
export function editMessageText(world: World, parameters: Parameters): Done | Refusal {
  if (parameters.string("text") === "") return badRequest("Message text is empty");
  const preview = readLinkPreview(parameters);
  if (preview instanceof Refusal) return preview;
  const found = findEditable(world, parameters);
  if (found instanceof Refusal) return found;
  if (found.entry.message.text === undefined) return badRequest("There is no text in the message to edit");
  const formatted = readText(parameters, "text", "entities");
  if (formatted instanceof Refusal) return formatted;
  if (formatted.text === "") return badRequest("Text must be non-empty");
  // Sending says "message is too long"; an edit comes back with the servers' own constant.
  if (formatted.text.length > MAX_TEXT_LENGTH) return badRequest("MESSAGE_TOO_LONG");
  const { message_id, from, chat, date } = found.entry.message;
  const edited = { message_id, from, chat, date, edit_date: world.date(), ...textFields(formatted), ...preview };
  return edit(world, found.entry, edited, found.markup);
}

/** Without a `caption` it goes, and without a `reply_markup` the keyboard. */
export function editMessageCaption(world: World, parameters: Parameters): Done | Refusal {
  const found = findEditable(world, parameters);
  if (found instanceof Refusal) return found;
  if (found.entry.message.document === undefined) return badRequest("There is no caption in the message to edit");
  const caption = readText(parameters, "caption", "caption_entities");
  if (caption instanceof Refusal) return caption;
  if (caption.text.length > MAX_CAPTION_LENGTH) return badRequest("MEDIA_CAPTION_TOO_LONG");
  const { message_id, from, chat, date, document } = found.entry.message;
  const edited = { message_id, from, chat, date, edit_date: world.date(), document, ...captionFields(caption) };
  return edit(world, found.entry, edited, found.markup);
}

export function editMessageReplyMarkup(world: World, parameters: Parameters): Done | Refusal {
  const found = findEditable(world, parameters);
  if (found instanceof Refusal) return found;
  // Telegram hides an edit of the keyboard alone: the message stays as old as it was.
  const { reply_markup: _old, ...message } = found.entry.message;
  return edit(world, found.entry, message, found.markup);
}

function findEditable(
  world: World,
  parameters: Parameters,
): { entry: Entry; markup: InlineKeyboard | undefined } | Refusal {
  const markup = readReplyMarkup(parameters, { inlineOnly: true });
  if (parameters.string("chat_id") === "" && parameters.integer("message_id") === undefined) {
    return badRequest("Message identifier is not specified");
  }
  const found = findMessage(world, parameters, "message to edit");
  if (found instanceof Refusal) return found;
  if (found.entry.message.from.id !== world.bot.id) return badRequest("Message can't be edited");
  return markup instanceof Refusal ? markup : { entry: found.entry, markup };
}

function edit(world: World, entry: Entry, bare: PlainMessage, markup: InlineKeyboard | undefined): Done | Refusal {
  const message = { ...bare, ...(markup === undefined ? {} : { reply_markup: markup }) };
  if (looks(message) === looks(entry.message)) {
    return badRequest(
      "message is not modified: specified new message content and reply markup are exactly the same as a current " +
        "content and reply markup of the message",
    );
  }
  world.keep({ ...entry, message }, "edited");
  return { result: message };
}

function looks(message: PlainMessage): string {
  const { text, entities, link_preview_options, caption, caption_entities, reply_markup } = message;
  return JSON.stringify([text, entities, link_preview_options, caption, caption_entities, reply_markup]);
}

export function deleteMessage(world: World, parameters: Parameters): Done | Refusal {
  if (parameters.string("chat_id") === "") return badRequest("Chat identifier is not specified");
  if ((parameters.integer("message_id") ?? 0) <= 0) return badRequest("Message identifier is not specified");
  const found = findMessage(world, parameters, "message to delete");
  if (found instanceof Refusal) return found;
  const { from, chat, date, message_id } = found.entry.message;
  const isOwn = from.id === world.bot.id;
  if (!isOwn && chat.type !== "private") return badRequest("message can't be deleted");
  if (world.date() - date > DELETABLE) return badRequest("message can't be deleted for everyone");
  world.messages.delete(chat.id, message_id);
  world.change({ type: "deleted", chatId: chat.id, messageId: message_id });
  return { result: true };
}

/** An empty list takes the reaction away. Setting what stands there already is no error. */
export function setMessageReaction(world: World, parameters: Parameters): Done | Refusal {
  const found = findMessage(world, parameters, "message to react");
  if (found instanceof Refusal) return found;
  const reactions = readReactions(parameters, found.room.allowedReactions);
  if (reactions instanceof Refusal) return reactions;
  world.keep({ ...found.entry, reactions }, "reaction");
  return { result: true };
}
