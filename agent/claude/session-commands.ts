import { type Name, notifyCommand } from "./claude-label.ts";

/** A slash command of ours inside Claude Code. */
export interface SessionCommand {
  name: string;
  /** What its menu says. */
  description: string;
  argumentHint?: string;
}

const NOTIFY = "notify-telegram";
const AWAY = "away";
const BACK = "back";

export const SESSION_COMMANDS: readonly SessionCommand[] = [
  {
    name: NOTIFY,
    description: 'Send the end of each turn of this session to Telegram ("off" ends it)',
    argumentHint: "[label] | off",
  },
  { name: AWAY, description: "Send questions and plans of this session to Telegram first, until /back" },
  { name: BACK, description: "Ask questions and plans of this session in the terminal at once again" },
];

/** What these commands change of a session. */
export interface Manner extends Name {
  /** The ends of its turns are sent; null where the user did not choose. */
  notify: boolean | null;
  /** Nobody sits at its terminal. */
  away: boolean;
}

/** What a command makes of a session, and what the user is told; undefined where it is not one of ours. */
export function carryOut(
  command: { name: string; argument: string },
  manner: Manner,
  awayMinutes: number,
): { manner: Manner; answer: string } | undefined {
  switch (command.name) {
    case NOTIFY: {
      const { answer, ...chosen } = notifyCommand(command.argument, manner);
      return { manner: { ...manner, ...chosen }, answer };
    }
    case AWAY:
      return {
        manner: { ...manner, away: true },
        answer:
          "You are away: the ends of turns go to Telegram, and so do questions and plans. " +
          `Those are asked at the terminal when nobody has answered for ${awayMinutes} ${awayMinutes === 1 ? "minute" : "minutes"}. ` +
          "/back ends it.",
      };
    case BACK:
      return {
        manner: { ...manner, away: false },
        answer: "You are back: questions and plans are asked at the terminal at once.",
      };
    default:
      return undefined;
  }
}

/** The command of ours that this text is, as it would be typed into Claude's box; undefined where it is none. */
export function sessionCommand(text: string): { name: string; argument: string } | undefined {
  const [, name, argument = ""] = /^\/(\S+)(?:\s([^]*))?$/.exec(text.trim()) ?? [];
  const isKnown = SESSION_COMMANDS.some((one) => one.name === name);
  return name === undefined || !isKnown ? undefined : { name, argument: argument.trim() };
}

/** Whether this text, sent from the phone or queued in Claude, says that the user is back. */
export function saysBack(text: string): boolean {
  return text.trim() === `/${BACK}`;
}
