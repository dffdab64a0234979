import { plainTextOf } from "../telegram/rich-text.ts";
import type { Message } from "../telegram/update.ts";

/** The fields that hold what a person sent other than text. Every other message is a service message. */
const ATTACHMENTS = [
  "animation",
  "audio",
  "checklist",
  "contact",
  "dice",
  "document",
  "game",
  "live_photo",
  "location",
  "paid_media",
  "photo",
  "poll",
  "rich_message",
  "sticker",
  "story",
  "venue",
  "video",
  "video_note",
  "voice",
] as const;

/** What a message holds, as far as a terminal can take it. `attachment`: there is more to it than the text. */
export type Content = { kind: "text"; text: string; attachment: boolean } | { kind: "no-text" } | { kind: "service" };

/** Finds the text of a message: its own, its caption, or that of a rich message. */
export function contentOf(message: Message): Content {
  if (message.text !== undefined) return { kind: "text", text: message.text, attachment: false };
  if (message.caption !== undefined) return { kind: "text", text: message.caption, attachment: true };
  const rich = plainTextOf(message.rich_message);
  if (rich !== undefined) return { kind: "text", text: rich, attachment: false };
  return ATTACHMENTS.some((field) => Object.hasOwn(message, field)) ? { kind: "no-text" } : { kind: "service" };
}
