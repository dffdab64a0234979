import { isObject, optionalString, requiredString } from "./fields.ts";
import { checkLink } from "./links.ts";
import type { InlineButton, InlineKeyboard } from "./message.ts";
import type { Parameters } from "./parameters.ts";
import { BadRequest, badRequest, inside } from "./refusal.ts";

/** From the documentation of InlineKeyboardButton: bytes, not characters. */
const CALLBACK_DATA_BYTES = 64;
/** From the documentation of CopyTextButton. */
const COPY_TEXT_LENGTH = 256;
/** Telegram's library cuts a row after 12 buttons and a keyboard after 300. */
const MAX_BUTTONS_IN_ROW = 12;
const MAX_BUTTONS = 300;

/**
 * Reads `reply_markup`. An inline keyboard stands at its message; the other markups change the person's keyboard and
 * are no part of a message, so they are undefined here, as an empty inline keyboard is.
 */
export function readReplyMarkup(
  parameters: Parameters,
  options: { inlineOnly: boolean },
): InlineKeyboard | undefined | BadRequest {
  const json = parameters.json("reply_markup");
  if (json.status === "absent") return undefined;
  if (json.status === "malformed") return badRequest("Can't parse reply keyboard markup JSON object");
  if (!isObject(json.value)) return badRequest("Object expected as reply markup");
  const rows = json.value["inline_keyboard"];
  if (rows === undefined)
    return options.inlineOnly && isOther(json.value) ? badRequest("Inline keyboard expected") : undefined;
  if (!Array.isArray(rows)) return badRequest('Field "inline_keyboard" must be of type Array');
  return readRows(rows);
}

function isOther(markup: Readonly<Record<string, unknown>>): boolean {
  return ["keyboard", "remove_keyboard", "force_reply"].some((name) => markup[name] !== undefined);
}

function readRows(rows: readonly unknown[]): InlineKeyboard | undefined | BadRequest {
  const keyboard: InlineButton[][] = [];
  let left = MAX_BUTTONS;
  for (const row of rows) {
    if (!Array.isArray(row)) {
      return badRequest('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
    }
    const buttons: InlineButton[] = [];
    for (const value of row) {
      const button = readButton(value);
      if (button instanceof BadRequest) return button;
      // A button without text is left out silently.
      if (button.text !== "" && buttons.length < Math.min(MAX_BUTTONS_IN_ROW, left)) buttons.push(button);
    }
    left -= buttons.length;
    if (buttons.length > 0) keyboard.push(buttons);
  }
  return keyboard.length > 0 ? { inline_keyboard: keyboard } : undefined;
}

function readButton(value: unknown): InlineButton | BadRequest {
  const malformed = (refusal: BadRequest) => inside("inline keyboard button", refusal);
  if (!isObject(value)) return malformed(badRequest("InlineKeyboardButton must be an Object"));
  const text = requiredString(value, "text");
  if (text instanceof BadRequest) return malformed(text);
  const style = readStyle(value);
  if (style instanceof BadRequest) return malformed(style);
  const action = readAction(value);
  return action instanceof BadRequest ? action : { text, ...style, ...action };
}

function readStyle(button: Readonly<Record<string, unknown>>): Pick<InlineButton, "style"> | BadRequest {
  const style = optionalString(button, "style");
  if (style instanceof BadRequest) return style;
  switch (style?.toLowerCase()) {
    case undefined:
    case "":
    case "default":
      return {};
    case "primary":
      return { style: "primary" };
    case "danger":
      return { style: "danger" };
    case "success":
      return { style: "success" };
    default:
      return badRequest("invalid button style specified");
  }
}

type Action = Pick<InlineButton, "callback_data" | "url" | "copy_text" | "disabled">;

function readAction(button: Readonly<Record<string, unknown>>): Action | BadRequest {
  const malformed = (message: string) => inside("inline keyboard button", badRequest(message));
  const given = ["url", "callback_data", "copy_text", "disabled"].filter((name) => (button[name] ?? "") !== "");
  if (given.length === 0) return malformed("Text buttons are unallowed in the inline keyboard");
  // Telegram takes the first that it knows; the documentation allows only one, and a bot that sends two has a mistake.
  if (given.length > 1) return malformed(`a button does one thing, not ${given.join(" and ")}`);
  const { url, callback_data: data, copy_text: copy, disabled } = button;
  if (given[0] === "url") {
    if (typeof url !== "string") return malformed('Field "url" must be of type String');
    const link = checkLink(url, "Inline keyboard button");
    return link instanceof BadRequest ? link : { url: link };
  }
  if (given[0] === "callback_data") {
    if (typeof data !== "string") return malformed('Field "callback_data" must be of type String');
    return Buffer.byteLength(data) > CALLBACK_DATA_BYTES ? badRequest("BUTTON_DATA_INVALID") : { callback_data: data };
  }
  if (given[0] === "copy_text") {
    if (!isObject(copy)) return malformed('Field "copy_text" must be of type Object');
    const text = requiredString(copy, "text");
    if (text instanceof BadRequest) return inside("inline keyboard button", text);
    return text === "" || text.length > COPY_TEXT_LENGTH
      ? badRequest("BUTTON_COPY_TEXT_INVALID")
      : { copy_text: { text } };
  }
  return isObject(disabled) ? { disabled: {} } : malformed('Field "disabled" must be of type Object');
}
