/** A draft at a prompt: what is typed and not yet sent. */
export interface Draft {
  text: string;
  /** Inside a bracketed paste: newlines are text, not Enter. */
  pasting: boolean;
  /** The beginning of an escape sequence whose end has not arrived yet. */
  pending: string;
}

export const EMPTY_DRAFT: Draft = { text: "", pasting: false, pending: "" };

/** What typing did: a line was sent, or one of the keys that end things. */
export type Typed = { kind: "line"; text: string } | { kind: "interrupt" } | { kind: "end" };

const PASTE_START = "\u001B[200~";
const PASTE_END = "\u001B[201~";
// One escape sequence, one whole character, or a lone escape at the end of what arrived.
const KEYS = /\u001B\[[0-9;?]*[ -/]*[@-~]|\u001BO.|\u001B\[?[0-9;?]*$|\u001B|[\s\S]/gu;

/** Takes what arrived from the terminal. Pure: the draft after it, and what was sent on the way. */
export function type(draft: Draft, input: string): { draft: Draft; typed: Typed[] } {
  let { text, pasting } = draft;
  let pending = "";
  const typed: Typed[] = [];
  for (const [key] of (draft.pending + input).matchAll(KEYS)) {
    if (key === PASTE_START) pasting = true;
    else if (key === PASTE_END) pasting = false;
    else if (key.startsWith("\u001B")) pending = isBegun(key) ? key : "";
    else if (pasting) text += key === "\r" ? "\n" : key;
    else if (key === "\r" || key === "\n") {
      typed.push({ kind: "line", text });
      text = "";
    } else if (key === "\u007F" || key === "\b") text = text.replace(/.$/su, "");
    else if (key === "\u0015") text = "";
    else if (key === "\u0003") {
      typed.push({ kind: "interrupt" });
      text = "";
    } else if (key === "\u0004") {
      if (text === "") typed.push({ kind: "end" });
    } else if (key >= " ") text += key;
  }
  return { draft: { text, pasting, pending }, typed };
}

function isBegun(key: string): boolean {
  return /^\u001B\[[0-9;?]*$/u.test(key);
}
