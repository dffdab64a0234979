/** Lines of a screen that are shown: what a phone shows in a few swipes. */
const SHOWN_LINES = 40;

/** The last lines that are not blank. */
export function lastLines(lines: readonly string[]): string {
  return lines
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-SHOWN_LINES)
    .join("\n");
}
