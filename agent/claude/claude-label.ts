import { defaultLabel } from "../session/label.ts";
import type { HookInput } from "./hook-input.ts";

/** Characters of a label that a phone shows. */
const LENGTH = 64;

/** What a session of Claude Code is called on the phone: its folder and branch, and its title where it has one. */
export async function claudeLabel(input: HookInput): Promise<string> {
  const place = await defaultLabel(input.cwd);
  const title = "session_title" in input ? (input.session_title?.replaceAll(/\s+/g, " ").trim() ?? "") : "";
  return title === "" ? place : `${place} · ${title}`.slice(0, LENGTH).toWellFormed().trim();
}

/** What `/notify-telegram [label]` or `/notify-telegram off` means in a session, and what the terminal is told. */
export function notifyCommand(argument: string, label: string | null): NotifyChoice {
  const words = argument.replaceAll(/\s+/g, " ").trim();
  if (words === "off") {
    return { notify: false, label, answer: "The ends of turns are no longer sent to Telegram. Questions still are." };
  }
  const name = words === "" ? label : words.slice(0, LENGTH).toWellFormed();
  const as = name === null ? "" : `, as "${name}"`;
  const answer = `The ends of turns are sent to Telegram from now on${as}. /notify-telegram off ends it.`;
  return { notify: true, label: name, answer };
}

export interface NotifyChoice {
  notify: boolean;
  label: string | null;
  answer: string;
}
