/**
 * Telegram's own JSON, as far as the stand-in deals in it. Schemas, since stored rows are read back through them.
 */
import * as v from "valibot";

const Id = v.pipe(v.number(), v.safeInteger());

export const User = v.object({
  id: Id,
  is_bot: v.boolean(),
  first_name: v.string(),
  username: v.exactOptional(v.string()),
  language_code: v.exactOptional(v.string()),
});
export type User = v.InferOutput<typeof User>;

export const Chat = v.variant("type", [
  v.object({
    id: Id,
    type: v.literal("private"),
    first_name: v.string(),
    username: v.exactOptional(v.string()),
  }),
  v.object({ id: Id, type: v.picklist(["group", "supergroup"]), title: v.string() }),
]);
export type Chat = v.InferOutput<typeof Chat>;

/** Offsets and lengths count UTF-16 units, as JavaScript's strings do. */
export const MessageEntity = v.object({
  type: v.string(),
  offset: v.number(),
  length: v.number(),
  url: v.exactOptional(v.string()),
  language: v.exactOptional(v.string()),
  custom_emoji_id: v.exactOptional(v.string()),
});
export type MessageEntity = v.InferOutput<typeof MessageEntity>;

/** One button: exactly one of the fields below `style` says what a press does. */
export const InlineButton = v.object({
  text: v.string(),
  style: v.exactOptional(v.picklist(["primary", "danger", "success"])),
  callback_data: v.exactOptional(v.string()),
  url: v.exactOptional(v.string()),
  copy_text: v.exactOptional(v.object({ text: v.string() })),
  disabled: v.exactOptional(v.object({})),
});
export type InlineButton = v.InferOutput<typeof InlineButton>;

export const InlineKeyboard = v.object({ inline_keyboard: v.array(v.array(InlineButton)) });
export type InlineKeyboard = v.InferOutput<typeof InlineKeyboard>;

export const Document = v.object({
  file_id: v.string(),
  file_unique_id: v.string(),
  file_name: v.exactOptional(v.string()),
  mime_type: v.exactOptional(v.string()),
  file_size: v.number(),
});
export type Document = v.InferOutput<typeof Document>;

const LinkPreviewOptions = v.object({
  is_disabled: v.exactOptional(v.boolean()),
  url: v.exactOptional(v.string()),
  prefer_small_media: v.exactOptional(v.boolean()),
  prefer_large_media: v.exactOptional(v.boolean()),
  show_above_text: v.exactOptional(v.boolean()),
});

/** A message by itself, without what it replies to. */
export const PlainMessage = v.object({
  message_id: v.number(),
  from: User,
  chat: Chat,
  date: v.number(),
  edit_date: v.exactOptional(v.number()),
  text: v.exactOptional(v.string()),
  entities: v.exactOptional(v.array(MessageEntity)),
  link_preview_options: v.exactOptional(LinkPreviewOptions),
  document: v.exactOptional(Document),
  caption: v.exactOptional(v.string()),
  caption_entities: v.exactOptional(v.array(MessageEntity)),
  reply_markup: v.exactOptional(InlineKeyboard),
});
export type PlainMessage = v.InferOutput<typeof PlainMessage>;

/** As Telegram delivers it: what it replies to stands in it one level deep, with entities and keyboard. */
export const Message = v.object({ ...PlainMessage.entries, reply_to_message: v.exactOptional(PlainMessage) });
export type Message = v.InferOutput<typeof Message>;

/** What a callback query holds where Telegram no longer has the message. */
export const InaccessibleMessage = v.object({ chat: Chat, message_id: v.number(), date: v.literal(0) });

/** A message as the page and tests look at it: Telegram's JSON, and what Telegram keeps beside it. */
export interface StoredMessage extends Message {
  /** The emoji that the bot put on it. */
  reactions: string[];
  /** Sent with `disable_notification`. */
  silent: boolean;
}
