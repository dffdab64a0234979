import * as v from "valibot";
import { CommandId } from "../protocol.ts";

const REF_LENGTH = 16;

/** The name of the command that a message is. A redelivery and an edit of the message have the same one. */
export function nameOfMessage(chatId: number, messageId: number): string {
  return `m${chatId}.${messageId}`;
}

/** The name of the command that a press is. */
export function nameOfCallback(callbackId: string): string {
  return `q${callbackId}`;
}

/** The name of a command outside its SessionDO: whoever holds it knows which session must hear of it. */
export function commandId(ref: string, name: string): string {
  return `${ref}.${name}`;
}

/** The session and the name in a command id; undefined where the text is not one. */
export function parseCommandId(id: string): { ref: string; name: string } | undefined {
  if (!v.is(CommandId, id)) return undefined;
  return { ref: id.slice(0, REF_LENGTH), name: id.slice(REF_LENGTH + 1) };
}

/**
 * The name of a command for a button of the router's own, whose action has 31 bytes: without the chat, since a token
 * is bound to its chat. `expandName` is the way back.
 */
export function shortName(name: string): string {
  return name.startsWith("m") ? `m${name.slice(name.indexOf(".") + 1)}` : name;
}

/** The full name of a command that a button in `chatId` names in its short form; undefined where it is no such form. */
export function expandName(short: string, chatId: number): string | undefined {
  if (/^m\d{1,12}$/.test(short)) return nameOfMessage(chatId, Number(short.slice(1)));
  return /^q[A-Za-z0-9_-]{1,64}$/.test(short) ? short : undefined;
}
