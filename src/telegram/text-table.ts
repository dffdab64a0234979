/** A table that would be wider is not aligned: a phone breaks its lines anyway. */
const WIDEST = 120;

/** Characters that take two columns in a fixed-width font. */
const WIDE =
  /[\p{Extended_Pictographic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/gu;

export type Alignment = "left" | "right" | "center";

/** A table as lines of text, its columns aligned, the first row being its head. */
export function textTable(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string {
  const [head = [], ...body] = rows.map(withoutEmptyTail);
  const widths = widthsOf([head, ...body]);
  const aligned = widths.reduce((sum, width) => sum + width + 3, 0) <= WIDEST;
  const line = (cells: readonly string[]): string => {
    const padded = aligned ? cells.map((cell, i) => pad(cell, widths[i] ?? 0, alignments[i] ?? "left")) : cells;
    return padded.join(" | ").trimEnd();
  };
  const rule = aligned ? [widths.map((width) => "-".repeat(width)).join("-|-")] : [];
  return [line(head), ...rule, ...body.map(line)].join("\n");
}

function withoutEmptyTail(cells: readonly string[]): readonly string[] {
  return cells.slice(0, cells.findLastIndex((cell) => cell !== "") + 1);
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
    });
  }
  return widths;
}

function widthOf(cell: string): number {
  return Array.from(cell).length + (cell.match(WIDE)?.length ?? 0);
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const missing = Math.max(0, width - widthOf(cell));
  const left = alignment === "right" ? missing : alignment === "center" ? Math.floor(missing / 2) : 0;
  return " ".repeat(left) + cell + " ".repeat(missing - left);
}
