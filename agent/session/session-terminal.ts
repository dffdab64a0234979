import type { Faint, ScreenResult, TypeResult } from "../terminal/terminal.ts";

/**
 * The terminal went away, or was silent for too long, between the order and its answer. Whether anything was typed
 * cannot be known.
 */
export type Lost = { status: "lost"; reason: string };

/**
 * What became of typing into a session. `accepted`: the program proved that it took it. `unproved`: all was typed, and
 * the proof may come later. `typed`: all was typed, and nothing can prove more.
 */
export type SessionTypeResult = TypeResult | Lost | { status: "accepted" | "unproved"; removed?: number };

/** The terminal of a session as the daemon sees it, whatever it is made of and whoever checks what is typed. */
export interface SessionTerminal {
  type(text: string, kind: "text" | "action"): Promise<SessionTypeResult>;
  key(name: string): Promise<TypeResult | Lost>;
  screen(faint?: Faint): Promise<ScreenResult | Lost>;
  /** Nothing can be typed into it any more: settles what is under way. */
  gone(): void;
}

/** Where a session's terminal is. */
export type Presence =
  | { at: "here"; terminal: SessionTerminal }
  | { at: "away" }
  /** The session lives, but sits in no terminal that can be typed into. */
  | { at: "nowhere" }
  | { at: "unknown" };

/** As long as it is being found out whether the session sits in a terminal after all. */
export type Sought = { at: "sought" };
