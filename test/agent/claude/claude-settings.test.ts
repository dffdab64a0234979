import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claudeSettingsPath, readClaudeSettings } from "../../../agent/claude/claude-settings.ts";

const CAREFUL = { allowShell: false, allowExit: false, alwaysNotify: false, awayMinutes: 30 };

let folder: string;
let complaints: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-settings-"));
  complaints = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

function read(text?: string): unknown {
  const env = { XDG_CONFIG_HOME: folder };
  const path = claudeSettingsPath(env);
  if (text !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return readClaudeSettings(env, (problem) => complaints.push(problem));
}

test("without a file nothing is allowed, and nothing is wrong", () => {
  expect(read()).toEqual(CAREFUL);
  expect(complaints).toEqual([]);
});

test("what is said counts, what is not said stays careful", () => {
  expect(read('{"allowShell": true, "alwaysNotify": true, "awayMinutes": 0.5}')).toEqual({
    ...CAREFUL,
    allowShell: true,
    alwaysNotify: true,
    awayMinutes: 0.5,
  });
});

test.each([
  '{"allowShell": "yes", "allowExit": true}',
  '{"allowExit": true, "awayMinutes": 1440}',
  '{"awayMinutes": 0}',
  "{allowExit: true}",
  "1",
  "",
])("of %j, which cannot be understood, nothing counts, and the reason is told", (text) => {
  expect(read(text)).toEqual(CAREFUL);
  expect(complaints).toEqual([expect.stringMatching(/claude\.json is not understood/)]);
});
