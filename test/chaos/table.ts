import type { Finding } from "./finding.ts";
import type { History } from "./history.ts";

/** How many examples of a broken invariant are shown. */
const EXAMPLES = 5;

/** The findings for people: a row an invariant, then what broke them, and what the commands came to. */
export function table({ seed, commands, faults }: History, findings: readonly Finding[]): string {
  const rows = findings.map(({ invariant, checked, violations, duplicates, unknowns }) => [
    invariant,
    String(checked),
    String(violations.length),
    duplicates === undefined ? "" : String(duplicates),
    unknowns === undefined ? "" : String(unknowns),
  ]);
  const all = [["invariant", "checked", "violations", "duplicates", "unknowns"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const broken = findings.flatMap(({ invariant, violations }) => [
    ...violations.slice(0, EXAMPLES).map((violation) => `✗ ${invariant}: ${violation}`),
    ...(violations.length > EXAMPLES ? [`  and ${violations.length - EXAMPLES} more`] : []),
  ]);
  const states = Map.groupBy(commands, ({ state, sameAs }) => (sameAs === null ? state : "pressed twice"));
  const came = [...states].map(([state, { length }]) => `${length} ${state}`).toSorted();
  return [`seed ${seed}: ${faults.length} faults; commands: ${came.join(", ")}`, ...lines, ...broken].join("\n");
}
