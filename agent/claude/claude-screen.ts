/** What Claude Code's screen says about typing into it now. */
export type ClaudeScreen =
  /** The box takes a prompt; `busy`: it is queued until the running turn ends. */
  | { state: "ready"; busy: boolean }
  /** A dialog is open: any text and Enter would answer it. */
  | { state: "dialog" }
  /** Something unsent stands in the box: a text would be glued to it. A low box may show a part of it, not the `whole`. */
  | { state: "draft"; text: string; whole: boolean }
  /** No box is to be seen: it starts, or shows something else. */
  | { state: "unknown" };

type Draft = Extract<ClaudeScreen, { state: "draft" }>;

/** A choice that is highlighted: permissions, questions, plans and menus of commands have one. */
const CHOICE = /^\s*❯ \d+\. /m;

/** How a border of a box begins that is too low for what it holds: `─── ↑ 5 more ───`. Its words may be hidden, as faint. */
const MORE = String.raw`─{3} (?:[↑↓] \d+ more| +) ─{10,}`;

/** A border of the box: nothing but dashes, and it may carry a title. */
const BORDER = new RegExp(String.raw`^\s*(?:─{10,}|${MORE})`);
const CUT = new RegExp(String.raw`^\s*${MORE}`);

/** The sign before what stands in the box, and the space behind it: one that does not break (measured). */
const PROMPT = /^\s*[❯>]\u00a0?/;

/** Stands there in its place where the box takes a command for a shell, and is part of the text. */
const SHELL = /^\s*!(?:\s|$)/;

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
  const isCutAbove = CUT.test(lines[top] ?? "");
  if (first === undefined || !(PROMPT.test(first) || SHELL.test(first) || isCutAbove)) {
    return CHOICE.test(lines.slice(-DIALOG_LINES).join("\n")) ? { state: "dialog" } : { state: "unknown" };
  }
  const draft = [first.replace(PROMPT, "").trim(), ...others.map((line) => line.trim())].join("\n").trim();
  if (draft !== "" && !PLACEHOLDERS.some((one) => one.test(draft))) {
    return { state: "draft", text: draft, whole: !isCutAbove && !CUT.test(lines[bottom] ?? "") };
  }
  return { state: "ready", busy: BUSY.test(below) || BUSY.test(lines.slice(Math.max(0, top - 4), top).join("\n")) };
}

/** Stands under what was typed while Claude works: "⎿  Queued · ctrl+x ctrl+s to send now". */
const QUEUED = /^\s*⎿\s+Queued\b/;

/** The prompts and commands that wait in Claude for its turn to end, as far as no line of them is blank. */
export function queuedPrompts(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const end = lines.findLastIndex((line) => QUEUED.test(line));
  const before = lines.slice(0, Math.max(end, 0));
  const prompts: string[] = [];
  for (const line of before.slice(before.lastIndexOf("") + 1)) {
    if (PROMPT.test(line)) prompts.push(line.replace(PROMPT, "").trim());
    else if (prompts.length > 0) prompts.push(`${prompts.pop()}\n${line}`);
  }
  return prompts;
}

/** What Claude Code itself writes into an empty box. */
const PLACEHOLDERS = [/^Press up to edit queued messages$/, /^Try ".*"$/];

/** Lines at the end of a screen in which a dialog without borders has its choices. */
const DIALOG_LINES = 20;

const BUSY = /esc to interrupt/;

/** A long paste has a name in the box. */
const PASTE = "[Pasted text";

/** Whether what the box shows is this text: in lines of another making, a long one by its name, a part in a low box. */
export function isDraftOf({ text: shown, whole }: Pick<Draft, "text" | "whole">, text: string): boolean {
  if (shown.includes(PASTE)) return true;
  return whole ? isSameShown(shown, text) : bare(text).includes(bare(shown));
}

/** Whether these are the same but for where lines were broken to be shown. */
export function isSameShown(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(text: string): string {
  return text.replaceAll(/\s/g, "");
}
