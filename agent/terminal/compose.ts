import { clean } from "../session/clean.ts";

/** What a typing is made of, before the Enter that submits it; or why there is nothing to type. */
export type Composed =
  | {
      status: "typing";
      /** Written first; empty where Enter alone is meant. */
      body: string;
      /** What must follow `body` even if its writing is given up half way: the end of the paste, or nothing. */
      closing: string;
      /** Characters that were taken out. */
      removed: number;
    }
  | { status: "failed"; reason: string };

/** What a button means to a program that knows nothing of us. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["continue", ""],
  ["yes", "y"],
  ["no", "n"],
  ["exit", "/exit"],
]);

const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";

/**
 * Decides what to write for a text of a user or for the action of a button.
 *
 * Where the program asked for bracketed paste, the text is pasted as one piece with its newlines. Only one line that
 * begins with `/` is typed all the same: programs open their menu of commands for typed text alone. Where the program
 * did not ask, lines are typed as lines: each newline is the Enter key, so a program that reads lines takes every
 * line as an input of its own, as if it had been typed there.
 */
export function compose(text: string, kind: "text" | "action", bracketedPaste: boolean): Composed {
  const meaning = kind === "action" ? ACTIONS.get(text) : undefined;
  if (meaning !== undefined) return { status: "typing", body: meaning, closing: "", removed: 0 };

  const cleaned = clean(text);
  // The Enter that submits follows anyway: a newline at the end would submit a second, empty input.
  const typed = cleaned.text.replace(/\n+$/, "");
  if (typed.trim() === "") return { status: "failed", reason: nothingLeft(cleaned.removed) };

  const command = typed.startsWith("/") && !typed.includes("\n");
  if (bracketedPaste && !command) {
    return { status: "typing", body: PASTE_START + typed + PASTE_END, closing: PASTE_END, removed: cleaned.removed };
  }
  return { status: "typing", body: typed.replaceAll("\n", "\r"), closing: "", removed: cleaned.removed };
}

function nothingLeft(removed: number): string {
  if (removed === 0) return "there is nothing to type: send some words";
  return "there is nothing to type: the text held only invisible or control characters";
}
