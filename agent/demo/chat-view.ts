import type { ShownButton, ShownFile, ShownMessage } from "./page/feed.ts";
import type { InlineButton, PlainMessage, StoredMessage } from "./telegram/message.ts";

/**
 * A stored message as the page shows it.
 *
 * @param machines the names that a bot's first line may hold
 */
export function shownMessage(message: StoredMessage, machines: readonly string[]): ShownMessage {
  const { text, entities } = contentOf(message);
  const file = fileOf(message);
  const machine = machineOf(message, machines);
  const replied = message.reply_to_message;
  return {
    id: message.message_id,
    mine: !message.from.is_bot,
    date: message.date,
    edited: message.edit_date !== undefined,
    text,
    entities: entities.map(({ type, offset, length, url, language }) => ({
      type,
      offset,
      length,
      ...(url === undefined ? {} : { url }),
      ...(language === undefined ? {} : { language }),
    })),
    ...(file === undefined ? {} : { file }),
    ...(machine === undefined ? {} : { machine }),
    ...(replied === undefined ? {} : { replyTo: shownReply(replied, machines) }),
    keyboard: (message.reply_markup?.inline_keyboard ?? []).map((row) => row.map(shownButton)),
    reactions: [...message.reactions],
  };
}

function shownReply(replied: PlainMessage, machines: readonly string[]): NonNullable<ShownMessage["replyTo"]> {
  const machine = machineOf(replied, machines);
  return {
    id: replied.message_id,
    mine: !replied.from.is_bot,
    text: withoutHeader(contentOf(replied).text, machine) || `📎 ${fileOf(replied)?.name ?? ""}`,
    ...(machine === undefined ? {} : { machine }),
  };
}

function contentOf(message: PlainMessage): { text: string; entities: NonNullable<PlainMessage["entities"]> } {
  if (message.text !== undefined) return { text: message.text, entities: message.entities ?? [] };
  return { text: message.caption ?? "", entities: message.caption_entities ?? [] };
}

function fileOf({ document }: PlainMessage): ShownFile | undefined {
  if (document === undefined) return undefined;
  return { id: document.file_id, name: document.file_name ?? "file", size: document.file_size };
}

/** The first line of a session's message reads `✅ devbox · api`: sign, machine, label. */
function machineOf(message: PlainMessage, machines: readonly string[]): string | undefined {
  if (!message.from.is_bot) return undefined;
  const words =
    contentOf(message)
      .text.split("\n", 1)[0]
      ?.split(/[\s·:]+/) ?? [];
  return machines.find((name) => words.includes(name));
}

/** A quote names the machine by its colour and title; what is worth its one line is the text below the header. */
function withoutHeader(text: string, machine: string | undefined): string {
  const [first = "", ...rest] = text.split("\n");
  const body = rest.join(" ").trim();
  return machine === undefined || body === "" ? [first, ...rest].join(" ") : body;
}

function shownButton({ text, callback_data: data, url, disabled, style }: InlineButton): ShownButton {
  return {
    text,
    ...(data === undefined ? {} : { data }),
    ...(url === undefined ? {} : { url }),
    ...(disabled === undefined ? {} : { disabled: true }),
    ...(style === undefined ? {} : { style }),
  };
}
