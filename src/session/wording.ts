import type { Outcome } from "../protocol.ts";
import type { StoredCommand } from "./commands.ts";
import type { Question } from "./questions.ts";

/** Why nothing can be typed any more. */
export const ENDED = "the session ended";

/** What the card of a session says that runs in no terminal that can be typed into. */
export const NOT_TYPABLE =
  "Its questions can be answered, but nothing can be typed there: that takes tmux, nvim's :terminal, or a start with `ccr-agent run -- claude`.";

/** Why a command was not carried out: its session is elsewhere now. `movedToIn` reads the machine out of it. */
export function movedTo(machine: string): string {
  return `the session moved to ${machine}`;
}

/** The machine that a session moved to, where that is the reason. */
export function movedToIn(reason: string | null): string | undefined {
  return /^the session moved to ([a-z0-9-]+)$/.exec(reason ?? "")?.[1];
}

/** The time of day in the machine's time zone, `12:03`; UTC where it never said which one. */
export function clockTime(at: number, timeZone: string | null): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: timeZone ?? "UTC" }).format(
    at,
  );
}

/** Whether this is a time zone that clocks can be shown in. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** `devbox sleeps since 21:40`. */
export function sleepLine(machine: string, since: number | null, timeZone: string | null): string {
  return since === null ? `${machine} is not connected` : `${machine} sleeps since ${clockTime(since, timeZone)}`;
}

/** What a press is answered with: at most 200 characters, Telegram's limit. */
export function stateLine(command: Pick<StoredCommand, "state" | "error" | "machineId">, asleep: boolean): string {
  const { state, error, machineId } = command;
  switch (state) {
    case "offered":
      return asleep ? `${machineId} sleeps: queued` : `sent to ${machineId}`;
    case "held":
      return `${machineId} holds it back: ${error ?? WHEN_IT_CAN_BE}`.slice(0, 200);
    case "accepted":
    case "typed":
      return `typed on ${machineId}`;
    case "failed":
    case "expired":
    case "cancelled":
    case "unknown":
      return (error === null ? WITHOUT_REASON[state] : `${WITHOUT_REASON[state]}: ${error}`).slice(0, 200);
  }
}

const WITHOUT_REASON: Readonly<Record<Exclude<Outcome, "accepted" | "typed">, string>> = {
  failed: "not typed",
  expired: "too old, not typed",
  cancelled: "cancelled",
  unknown: "nobody knows whether it was typed",
};

const WHEN_IT_CAN_BE = "it will be typed when it can be";

/** The reply that says why a command waits at its terminal, and what to do: the reason names it. */
export function heldText(reason: string | null): string {
  return `Not typed yet: ${reason ?? WHEN_IT_CAN_BE}.`;
}

/**
 * The reply that tells of an outcome: one that was not hoped for, with what to do, or one that was, where the machine
 * has something to remark. Undefined where nothing is to be said.
 */
export function outcomeText(outcome: Outcome, error: string | null): string | undefined {
  const reason = error ?? "the machine gave no reason";
  switch (outcome) {
    case "failed":
      return `Not typed: ${reason}.`;
    case "expired":
      return `Not typed, its time is over: ${reason}.`;
    case "unknown":
      return `Nobody knows whether this was typed: ${reason}. Look at the terminal, and send it again only if it is missing.`;
    case "cancelled":
      // A cancel that the user asked for is answered where it was asked; one that has a reason was not.
      return error === null ? undefined : `Not typed: ${error}.`;
    case "accepted":
    case "typed":
      return error === null ? undefined : `Typed, but ${error}.`;
  }
}

/** Stands under the beginning of a question. */
export const WHOLE_IN_FILE = "📎 Only its beginning: the whole is in the file.";

/** Stands at the file of an answer whose first message came before it. */
export function restInFile(messages: number): string {
  return `📎 The rest would take ${messages} more messages: the whole is in the file.`;
}

/** What a question's card says once its answer has an outcome. */
export function answerLine(
  answer: Pick<StoredCommand, "text">,
  outcome: Outcome,
  error: string | null,
  time: string,
): string {
  switch (outcome) {
    case "accepted":
    case "typed":
      return `✓ ${excerpt(answer.text, 40)} · ${time}`;
    case "failed":
    case "expired":
      return `✗ ${excerpt(error ?? "too late", 60)}`;
    case "cancelled":
      return `✗ ${excerpt(error ?? "cancelled", 60)}`;
    case "unknown":
      return "🤷 nobody knows whether it was answered";
  }
}

/** What a press on a question that is not open any more is told. */
export function tooLate(question: Pick<Question, "answer" | "closedBy">): string {
  if (question.closedBy !== null) return `too late: ${question.closedBy}`;
  return `too late: ${question.answer === null ? "its time is over" : "it is answered already"}`;
}

/** One line of a text, for lists and buttons. */
export function excerpt(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join("")}…`;
}
