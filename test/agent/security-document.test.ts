import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/security.md"), "utf8");

const named = [...PAGE.matchAll(/`(test\/[\w./-]+\.test\.ts)` "([^"]+)"/g)].map(([, file = "", name = ""]) => ({
  file,
  name,
}));

test("every threat of docs/security.md names a test", () => {
  const rows = PAGE.slice(PAGE.indexOf("## Threats"))
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) expect([row, /`test\/[\w./-]+\.test\.ts` "/.test(row)]).toEqual([row, true]);
});

test.each(named)("$file holds: $name", ({ file, name }) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
  expect(readFileSync(join(ROOT, file), "utf8")).toContain(name);
});
