/** One line of the table: a ratio first, then the figures that it is made of. */
export interface Line {
  readonly what: string;
  /** Against the design that `against` names, taken in the same round; the median over the rounds. */
  readonly ratio?: number;
  readonly against?: string;
  /** What is hoped for, in words. */
  readonly aim?: string;
  readonly met?: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Report {
  readonly at: string;
  readonly machine: string;
  readonly storage: string;
  readonly rounds: number;
  readonly lines: readonly Line[];
}

/** The report for people: Markdown, which reads as text too. */
export function toTable({ at, machine, storage, rounds, lines }: Report): string {
  const rows = lines.map(({ what, ratio, against, aim, met, figures }) => [
    what,
    ratio === undefined ? "" : `${ratio.toFixed(2)}× ${against ?? ""}`,
    aim === undefined ? "" : `${aim}${met === undefined ? "" : met ? " ✓" : " ✗"}`,
    Object.entries(figures)
      .map(([name, value]) => `${name} ${short(value)}`)
      .join(", "),
  ]);
  const header = ["what", "ratio", "aim", "figures"];
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [
    `${at}, ${machine}, storage in ${storage}, ${rounds} rounds; designs take turns, ratios are medians over the rounds.`,
    "",
    line(header),
    `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
