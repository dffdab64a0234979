import { defaultLabel } from "../session/label.ts";
import { AT_DESK_MS } from "./desk.ts";
import type { HookInput } from "./hook-input.ts";

/** Characters of a label that a phone shows. */
const LENGTH = 64;
const MINUTE_MS = 60_000;

/** What a session of Claude Code is called on the phone: its folder and branch, and its title where it has one. */
export async function claudeLabel(folder: string, title: string): Promise<string> {
  const place = await defaultLabel(folder);
  return title === "" ? place : `${place} · ${title}`.slice(0, LENGTH).toWellFormed().trim();
}

/** The title that an event says the session has, in one line; undefined where it says none. */
export function titleOf(input: HookInput): string | undefined {
  if (!("session_title" in input)) return undefined;
  const title = input.session_title?.replaceAll(/\s+/g, " ").trim();
  return title === "" ? undefined : title;
}

/** What `/notify-telegram [label]` or `/notify-telegram off` means in a session, and what the terminal is told. */
export function notifyCommand(argument: string, { label, named }: Name): NotifyChoice {
  const words = argument.replaceAll(/\s+/g, " ").trim();
  if (words === "off") {
    const answer = "The ends of turns are no longer sent to Telegram. Questions still are.";
    return { notify: false, label, named, answer };
  }
  const name = words === "" ? label : words.slice(0, LENGTH).toWellFormed();
  const as = name === null ? "" : `, as "${name}"`;
  const answer =
    `The ends of turns are sent to Telegram from now on${as}, except in the ${AT_DESK_MS / MINUTE_MS} minutes after a ` +
    "prompt typed at the terminal. /notify-telegram off ends it.";
  return { notify: true, label: name, named: named || words !== "", answer };
}

/** What a session is called. */
export interface Name {
  label: string | null;
  /** Whether the user gave it that label. */
  named: boolean;
}

export interface NotifyChoice extends Name {
  notify: boolean;
  answer: string;
}
