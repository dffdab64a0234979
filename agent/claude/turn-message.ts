import { createHash } from "node:crypto";
import { LIMITS, type NotificationBody } from "../../src/protocol.ts";
import { isTypable, type Session } from "../store/sessions.ts";
import type { HookInputOf } from "./hook-input.ts";

/** What a notification says; its session and id are the caller's to add. */
export type TurnMessage = Pick<NotificationBody, "text" | "format" | "sign" | "subject" | "replyMarkup">;

/** A turn ended, or something in it was blocked. */
export type TurnEnd = HookInputOf<"Stop"> | HookInputOf<"StopFailure"> | HookInputOf<"PermissionDenied">;

/** Why a turn failed, in words; the names are the CLI's own. */
const FAILURES: Readonly<Record<string, string>> = {
  rate_limit: "the usage limit is reached",
  overloaded: "the model is overloaded",
  billing_error: "the account cannot be billed",
  authentication_failed: "the login is not accepted",
  model_not_found: "there is no such model",
  max_output_tokens: "the answer grew too long",
  server_error: "the model's server failed",
  invalid_request: "the request was refused",
};

/** Characters of a tool's input that say what it was about. */
const EXCERPT = 300;

/**
 * What the end of a turn becomes on the phone; undefined where it is not for the user: in a subagent.
 *
 * @param typable whether the session can be typed into: else it gets no buttons, since they all type or look there.
 */
export function turnMessage(input: TurnEnd, typable: boolean): TurnMessage | undefined {
  if (input.agent_id !== undefined) return undefined;
  const message = told(input);
  if (typable) return message;
  const { replyMarkup: _, ...bare } = message;
  return bare;
}

function told(input: TurnEnd): TurnMessage {
  switch (input.hook_event_name) {
    case "Stop":
      return stopped(input);
    case "StopFailure":
      return {
        text: input.last_assistant_message?.trim() || input.error_details?.trim() || "Claude could not go on.",
        format: "plain",
        sign: "warning",
        subject: FAILURES[input.error] ?? "the turn failed",
        replyMarkup: keyboard([["Continue", "continue"], SCREEN]),
      };
    case "PermissionDenied":
      return {
        text: `${input.reason.trim()}\n\n${excerpt(input.tool_input)}`.trim(),
        format: "plain",
        sign: "warning",
        subject: `${input.tool_name} was blocked`.slice(0, 64),
        replyMarkup: keyboard([SCREEN]),
      };
  }
}

/** The notification of it. Told again, it has the same id: the router sends it once. Undefined as with `turnMessage`. */
export function turnNotification(session: Session, input: TurnEnd): NotificationBody | undefined {
  const message = turnMessage(input, isTypable(session));
  if (message === undefined) return undefined;
  const { sessionId } = session;
  const state = [sessionId, input.prompt_id ?? "", input.hook_event_name, message.text].join("\n");
  const id = `turn-${createHash("sha256").update(state).digest("base64url").slice(0, 22)}`;
  return { sessionId, id, ...message };
}

const SCREEN = ["Screen", "/screen"] as const;

function stopped({ last_assistant_message, background_tasks }: HookInputOf<"Stop">): TurnMessage {
  const answer = last_assistant_message?.trim() ?? "";
  const asks = asksSomething(answer);
  const text = answer === "" ? "Done." : answer;
  const waits = background_tasks.length;
  return {
    text: waits === 0 ? text : `${text}\n\n_${waits} ${waits === 1 ? "task runs" : "tasks run"} on in the background._`,
    format: "markdown",
    sign: asks ? "question" : "done",
    replyMarkup: asks
      ? keyboard(
          [
            ["Yes", "yes"],
            ["No", "no"],
          ],
          [["Continue", "continue"], SCREEN],
        )
      : keyboard([["Continue", "continue"], SCREEN]),
  };
}

/** Whether the last paragraph ends in a question mark, whatever closes after it: `**Shall I?**`, `(really?)`. */
export function asksSomething(answer: string): boolean {
  const last =
    answer
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? "";
  // A question mark inside of code is not asked of anybody.
  if (/^\s*(?:```|~~~)/m.test(last) || last.endsWith("`")) return false;
  return /[?？؟][*_)"'”’»\]\s]*$/.test(last);
}

function excerpt(input: Readonly<Record<string, unknown>>): string {
  const main = [input["command"], input["file_path"], input["url"], input["description"]].find(
    (one) => typeof one === "string",
  );
  const text = typeof main === "string" ? main : JSON.stringify(input);
  return text.length <= EXCERPT ? text : `${text.slice(0, EXCERPT)}…`;
}

function keyboard(
  ...rows: readonly (readonly (readonly [label: string, action: string])[])[]
): NonNullable<TurnMessage["replyMarkup"]> {
  return {
    inline_keyboard: rows.map((row) => row.map(([text, action]) => ({ text, callback_data: callback(action) }))),
  };
}

/** Callback data for an action. The router puts the token in. */
export function callback(action: string): string {
  if (Buffer.byteLength(action) > LIMITS.actionBytes)
    throw new Error(`the action "${action}" is too long for a button`);
  return `cmd:TOKEN:${action}`;
}
