import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const TEST = /`(test\/[\w./-]+\.test\.ts)` "([^"]+)"/;

/** Where the name of a test stands: behind `test(` or the table of a `test.each`, alone, or in a row of such a table. */
const TITLE = /^\s*(?:test|describe|["`[\]})])/;

function pageOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The tests that a page names, each as it stands there: `file` "words of its name". */
function testsIn(page: string): { file: string; name: string }[] {
  return [...page.matchAll(new RegExp(TEST, "g"))].map(([, file = "", name = ""]) => ({ file, name }));
}

/** The rows of the table under a heading, without its head. */
function rowsUnder(page: string, heading: string): string[] {
  const [, section = ""] = page.split(`\n## ${heading}`);
  const [rows = ""] = section.split("\n## ");
  return rows
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);
}

describe.each([
  { path: "docs/security.md", heading: "Threats", atLeast: 16 },
  { path: "docs/proofs.md", heading: "Against a model", atLeast: 6 },
  { path: "docs/proofs.md", heading: "Under faults", atLeast: 8 },
  { path: "docs/proofs.md", heading: "The faults of this router's ancestor", atLeast: 19 },
])("$path, under $heading", ({ path, heading, atLeast }) => {
  const rows = rowsUnder(pageOf(path), heading);

  test("every row names a test", () => {
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(rows.filter((row) => !TEST.test(row))).toEqual([]);
  });

  test.each(testsIn(rows.join("\n")))("$file holds: $name", ({ file, name }) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    const titles = pageOf(file)
      .split("\n")
      .filter((line) => TITLE.test(line));
    expect(titles.some((title) => title.includes(name))).toBe(true);
  });
});
