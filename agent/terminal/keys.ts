/** What a key sends, or why there is no such key. */
export type Key = { status: "key"; bytes: string } | { status: "failed"; reason: string };

/** Cursor keys by their final letter: `ESC [ A`, or `ESC O A` while the program asked for application cursor keys. */
const CURSOR: Readonly<Record<string, string>> = { up: "A", down: "B", right: "C", left: "D", home: "H", end: "F" };

/** What xterm sends for the others. */
const PLAIN: Readonly<Record<string, string>> = {
  escape: "\u001b",
  enter: "\r",
  tab: "\t",
  "shift-tab": "\u001b[Z",
  "page-up": "\u001b[5~",
  "page-down": "\u001b[6~",
  backspace: "\u007f",
  delete: "\u001b[3~",
  space: " ",
  f1: "\u001bOP",
  f2: "\u001bOQ",
  f3: "\u001bOR",
  f4: "\u001bOS",
  f5: "\u001b[15~",
  f6: "\u001b[17~",
  f7: "\u001b[18~",
  f8: "\u001b[19~",
  f9: "\u001b[20~",
  f10: "\u001b[21~",
  f11: "\u001b[23~",
  f12: "\u001b[24~",
};

const ALIASES: Readonly<Record<string, string>> = {
  esc: "escape",
  return: "enter",
  pageup: "page-up",
  pagedown: "page-down",
  del: "delete",
};

/**
 * The bytes of a named key. Names are read in any case, with `-`, `+`, `_` or a space between their parts.
 *
 * @param applicationCursor whether the program asked for application cursor keys (DECCKM).
 */
export function keyBytes(name: string, applicationCursor: boolean): Key {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[-+_\s]+/g, "-");
  const key = own(ALIASES, plain) ?? plain;
  const letter = own(CURSOR, key);
  if (letter !== undefined) return { status: "key", bytes: `\u001b${applicationCursor ? "O" : "["}${letter}` };
  const bytes = own(PLAIN, key);
  if (bytes !== undefined) return { status: "key", bytes };
  const control = /^ctrl-([a-z])$/.exec(key)?.[1];
  if (control !== undefined) return { status: "key", bytes: String.fromCharCode(control.charCodeAt(0) - 0x60) };
  return {
    status: "failed",
    reason: `there is no key "${name.slice(0, 32)}": try escape, enter, tab, shift-tab, up, down, page-up, ctrl-c or f1`,
  };
}

/** A name from outside must not find what every object inherits, `constructor` for example. */
function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
