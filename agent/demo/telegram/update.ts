import * as v from "valibot";
import { Chat, InaccessibleMessage, Message, User } from "./message.ts";

const CallbackQuery = v.object({
  id: v.string(),
  from: User,
  message: v.union([Message, InaccessibleMessage]),
  chat_instance: v.string(),
  data: v.string(),
});

const ChatMember = v.object({ user: User, status: v.string(), until_date: v.exactOptional(v.number()) });

const ChatMemberUpdated = v.object({
  chat: Chat,
  from: User,
  date: v.number(),
  old_chat_member: ChatMember,
  new_chat_member: ChatMember,
});

/** The kinds of update that the stand-in makes. All of them are in Telegram's default `allowed_updates`. */
export const UPDATE_KINDS = ["message", "edited_message", "callback_query", "my_chat_member"] as const;
export type UpdateKind = (typeof UPDATE_KINDS)[number];

export const Update = v.object({
  update_id: v.number(),
  message: v.exactOptional(Message),
  edited_message: v.exactOptional(Message),
  callback_query: v.exactOptional(CallbackQuery),
  my_chat_member: v.exactOptional(ChatMemberUpdated),
});
export type Update = v.InferOutput<typeof Update>;

/** An update that has no number yet. */
export type Happening = Omit<Update, "update_id">;
