/** One place on a screen. */
export interface Cell {
  text: string;
  faint: boolean;
  inverse: boolean;
}

/**
 * A line without its faint text: what a program proposes, and nobody has typed. A cursor that the program draws itself
 * is an inverse cell; it may stand on the first letter of a faint text, which then is not faint (measured with Claude
 * Code).
 */
export function withoutFaint(cells: readonly Cell[]): string {
  return cells
    .map(({ text, faint, inverse }, index) => (faint || (inverse && cells[index + 1]?.faint === true) ? " " : text))
    .join("")
    .trimEnd();
}

/** Select Graphic Rendition, other sequences (links for example), or one character. */
const PIECE = new RegExp(String.raw`\u001b\[([\d;:]*)m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[^\u001b]`, "gu");

/** Parameters of SGR (ECMA-48 8.3.117) that say how text looks. */
const RESET = 0;
const FAINT = 2;
const INVERSE = 7;
const NEITHER_BOLD_NOR_FAINT = 22;
const NOT_INVERSE = 27;

/** Colours carry parameters of their own: `38;5;N` and `38;2;R;G;B`. */
const COLOURS: ReadonlySet<number> = new Set([38, 48, 58]);

/** The lines of a text that is coloured with SGR, as cells. What it looks like goes on over the ends of lines. */
export function cellsOf(text: string): Cell[][] {
  const lines: Cell[][] = [[]];
  let [faint, inverse] = [false, false];
  for (const [piece, parameters] of text.matchAll(PIECE)) {
    if (parameters !== undefined) {
      const numbers = parameters.split(";").map((one) => Number.parseInt(one === "" ? "0" : one, 10));
      for (let index = 0; index < numbers.length; index += 1) {
        const number = numbers[index] ?? RESET;
        if (COLOURS.has(number)) index += numbers[index + 1] === 5 ? 2 : 4;
        if (number === RESET || number === NEITHER_BOLD_NOR_FAINT) faint = false;
        if (number === RESET || number === NOT_INVERSE) inverse = false;
        if (number === FAINT) faint = true;
        if (number === INVERSE) inverse = true;
      }
    } else if (piece === "\n") lines.push([]);
    else if (piece.length <= 2) lines.at(-1)?.push({ text: piece, faint, inverse });
  }
  return lines;
}
