/** What Claude Code's screen says about typing into it now. */
export type ClaudeScreen =
  /** The box takes a prompt; `busy`: it is queued until the running turn ends. */
  | { state: "ready"; busy: boolean }
  /** A dialog is open: any text and Enter would answer it. */
  | { state: "dialog" }
  /** Something unsent stands in the box: a text would be glued to it. */
  | { state: "draft"; text: string }
  /** No box is to be seen: it starts, or shows something else. */
  | { state: "unknown" };

/** A choice that is highlighted: permissions, questions, plans and menus of commands have one. */
const CHOICE = /^\s*❯ \d+\. /m;

/** A border of the box: nothing but dashes, and it may carry a title. */
const BORDER = /^\s*─{10,}/;

/** The sign before what stands in the box, and the space behind it: one that does not break (measured). */
const PROMPT = /^\s*[❯>]\u00a0?/;

/**
 * Reads the screen of Claude Code 2.1 as plain text, without blank lines at its end. Only the last box counts: above it
 * stands the conversation, which may hold anything.
 */
export function readClaudeScreen(text: string): ClaudeScreen {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const bottom = lines.findLastIndex((line) => BORDER.test(line));
  const top = lines.slice(0, Math.max(bottom, 0)).findLastIndex((line) => BORDER.test(line));
  const box = bottom === -1 || top === -1 ? [] : lines.slice(top + 1, bottom);
  const below = lines.slice(bottom + 1).join("\n");
  if (CHOICE.test(below) || box.some((line) => CHOICE.test(line))) return { state: "dialog" };
  const [first, ...others] = box;
  if (first === undefined || !PROMPT.test(first)) {
    return CHOICE.test(lines.slice(-DIALOG_LINES).join("\n")) ? { state: "dialog" } : { state: "unknown" };
  }
  const draft = [first.replace(PROMPT, ""), ...others.map((line) => line.trim())].join("\n").trim();
  if (draft !== "" && !PLACEHOLDERS.some((one) => one.test(draft))) return { state: "draft", text: draft };
  return { state: "ready", busy: BUSY.test(below) || BUSY.test(lines.slice(Math.max(0, top - 4), top).join("\n")) };
}

/** Stands under what was typed while Claude works: "⎿  Queued · ctrl+x ctrl+s to send now". */
const QUEUED = /^\s*⎿\s+Queued\b/;

/** The prompts and commands that wait in Claude for its turn to end, as far as they are one line each. */
export function queuedPrompts(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const end = lines.findLastIndex((line) => QUEUED.test(line));
  const before = lines.slice(0, Math.max(end, 0));
  const start = before.findLastIndex((line) => !PROMPT.test(line)) + 1;
  return before.slice(start).map((line) => line.replace(PROMPT, "").trim());
}

/** What Claude Code itself writes into an empty box. */
const PLACEHOLDERS = [/^Press up to edit queued messages$/, /^Try ".*"$/];

/** Lines at the end of a screen in which a dialog without borders has its choices. */
const DIALOG_LINES = 20;

const BUSY = /esc to interrupt/;
