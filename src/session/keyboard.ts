import * as v from "valibot";
import { LIMITS, type ReplyMarkup } from "../protocol.ts";

const Button = v.union([
  v.object({ text: v.string(), callback_data: v.string() }),
  v.object({ text: v.string(), disabled: v.object({}) }),
]);

/** An inline keyboard of ours: buttons that send callback data, and buttons that only say what happened. */
export const Keyboard = v.array(v.array(Button));
export type Keyboard = v.InferOutput<typeof Keyboard>;

const DATA = /^cmd:TOKEN:(.+)$/s;
const ANSWER = /^\?([A-Za-z0-9_-]{1,16})\.(.+)$/s;

/** A keyboard with its tokens filled in, or why an agent may not send it. */
export type Filled =
  | { readonly status: "filled"; readonly keyboard: Keyboard }
  | { readonly status: "refused"; readonly reason: string };

/** Puts the token into a keyboard that an agent sent. `nonce` is that of the question that the message asks. */
export function fillKeyboard(markup: ReplyMarkup, token: string, nonce: string | undefined): Filled {
  const keyboard: Keyboard = [];
  for (const row of markup.inline_keyboard) {
    const filled: Keyboard[number] = [];
    for (const { text, callback_data } of row) {
      const action = DATA.exec(callback_data)?.[1];
      if (action === undefined)
        return refused(text, "callback data reads cmd:TOKEN:action, with the literal word TOKEN");
      if (action.startsWith("!")) return refused(text, "actions that begin with ! are the router's own");
      if (action.startsWith("?") && (nonce === undefined || ANSWER.exec(action)?.[1] !== nonce)) {
        return refused(text, "an answer reads ?<nonce>.<choice> and goes with its question");
      }
      if (new TextEncoder().encode(action).length > LIMITS.actionBytes)
        return refused(text, `an action has at most ${LIMITS.actionBytes} bytes`);
      filled.push({ text, callback_data: `cmd:${token}:${action}` });
    }
    if (filled.length > 0) keyboard.push(filled);
  }
  return { status: "filled", keyboard };
}

function refused(button: string, reason: string): Filled {
  return { status: "refused", reason: `button ${JSON.stringify(button)}: ${reason}` };
}

/** The choice that an action answers a question with; undefined for any other action. */
export function answerIn(action: string): { nonce: string; choice: string } | undefined {
  const [, nonce, choice] = ANSWER.exec(action) ?? [];
  return nonce === undefined || choice === undefined ? undefined : { nonce, choice };
}

/** What the button with this data says; undefined where the keyboard has no such button. */
export function labelOf(keyboard: Keyboard, data: string): string | undefined {
  return keyboard.flat().find((button) => "callback_data" in button && button.callback_data === data)?.text;
}

/** The keyboard with the row of the button with this data replaced by one disabled button. */
export function withRowSettled(keyboard: Keyboard, data: string, shown: string): Keyboard {
  return keyboard.map((row) =>
    row.some((button) => "callback_data" in button && button.callback_data === data) ? [disabled(shown)] : row,
  );
}

/**
 * A button that the router adds; none where its data would be too long, since Telegram would refuse the message with it.
 */
export function routerButton(text: string, token: string, action: string): Keyboard[number] {
  const callback_data = `cmd:${token}:${action}`;
  return new TextEncoder().encode(callback_data).length > LIMITS.callbackDataBytes ? [] : [{ text, callback_data }];
}

/** A button that does nothing but say `text`. */
export function disabled(text: string): Keyboard[number][number] {
  return { text, disabled: {} };
}

/** Whether any button can still be pressed. */
export function isAlive(keyboard: Keyboard): boolean {
  return keyboard.flat().some((button) => "callback_data" in button);
}
