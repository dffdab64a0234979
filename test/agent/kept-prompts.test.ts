import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeptPrompts } from "../../agent/daemon/kept-prompts.ts";

const DAY = 24 * 60 * 60 * 1_000;

let folder: string;
let prompts: KeptPrompts;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-prompts-"));
  prompts = new KeptPrompts(join(folder, "prompts"), { wall: () => Date.now(), monotonic: () => 0 });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Makes a file as old as if it had been written then. */
function age(path: string, days: number): void {
  const then = new Date(Date.now() - days * DAY);
  utimesSync(path, then, then);
}

test("a text lies whole in a file of its own that nobody else may read, always the same", () => {
  const path = prompts.keep("a long text");
  expect(readFileSync(path, "utf8")).toBe("a long text");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect([prompts.keep("a long text"), prompts.keep("another")]).toEqual([path, expect.not.stringMatching(path)]);
  expect(readdirSync(join(folder, "prompts"))).toHaveLength(2);
});

test("what was not sent for seven days is deleted; what was sent again stays", () => {
  const [old, again, young] = ["old", "again", "young"].map((text) => prompts.keep(text));
  for (const path of [old, again]) age(path ?? "", 8);
  age(young ?? "", 6);
  prompts.keep("again");
  prompts.prune();
  expect([old, again, young].map((path) => existsSync(path ?? ""))).toEqual([false, true, true]);
});

test("where nothing was ever kept there is nothing to delete", () => {
  expect(() => prompts.prune()).not.toThrow();
});

test("the path of a text can be asked for, and writes nothing", () => {
  const path = prompts.pathOf("a long text");
  expect(existsSync(join(folder, "prompts"))).toBe(false);
  expect(prompts.keep("a long text")).toBe(path);
});
