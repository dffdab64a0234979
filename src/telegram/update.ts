/** Telegram's updates: only the fields that the router uses, in Telegram's own words (Bot API, "Update"). */
import * as v from "valibot";
import { complaintOf } from "../complaint.ts";

/** At most 52 significant bits. */
const ChatId = v.pipe(v.number(), v.safeInteger());
const UserId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const MessageId = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(999_999_999_999));
/** Seconds since the epoch; 0 where the message is inaccessible. */
const UnixTime = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** In UTF-16 units. */
const Offset = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const User = v.looseObject({ id: UserId });
const Chat = v.looseObject({ id: ChatId, type: v.string() });

const MessageEntity = v.looseObject({
  type: v.string(),
  offset: Offset,
  length: Offset,
  url: v.optional(v.string()),
});

const content = {
  text: v.optional(v.string()),
  entities: v.optional(v.array(MessageEntity)),
  caption: v.optional(v.string()),
  caption_entities: v.optional(v.array(MessageEntity)),
};

/** The message that is replied to: whole, but only one level deep. */
const RepliedMessage = v.looseObject({
  message_id: MessageId,
  from: v.optional(User),
  ...content,
  forum_topic_created: v.optional(v.unknown()),
});

export const Message = v.looseObject({
  message_id: MessageId,
  date: UnixTime,
  /** Of the last edit; `date` stays that of the first version. */
  edit_date: v.optional(UnixTime),
  chat: Chat,
  from: v.optional(User),
  sender_chat: v.optional(v.unknown()),
  ...content,
  rich_message: v.optional(v.unknown()),
  reply_to_message: v.optional(RepliedMessage),
});
export type Message = v.InferOutput<typeof Message>;

/** `message` is inaccessible where it is too old (`date` is 0): then only its chat and number are there. */
const CallbackQuery = v.looseObject({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  from: User,
  message: v.optional(v.looseObject({ message_id: MessageId, chat: v.looseObject({ id: ChatId }) })),
  data: v.optional(v.string()),
});

export const Update = v.looseObject({
  update_id: v.pipe(v.number(), v.safeInteger()),
  message: v.optional(Message),
  edited_message: v.optional(Message),
  callback_query: v.optional(CallbackQuery),
});
export type Update = v.InferOutput<typeof Update>;

/** Reads an update. Never throws; an update of an unknown shape will not get better by being sent again. */
export function parseUpdate(
  json: unknown,
): { status: "update"; update: Update } | { status: "unknown-shape"; reason: string } {
  const result = v.safeParse(Update, json);
  if (result.success) return { status: "update", update: result.output };
  return { status: "unknown-shape", reason: complaintOf(result.issues) };
}
