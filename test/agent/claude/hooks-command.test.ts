import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hooks } from "../../../agent/commands/hooks.ts";
import { UsageError } from "../../../agent/commands/usage.ts";

let home = "";
let printed = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "ccr-hooks-"));
  mkdirSync(join(home, ".claude"));
  printed = "";
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(print);
  vi.spyOn(process.stderr, "write").mockImplementation(print);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

const settings = (): string => join(home, ".claude/settings.json");
const launcher = (): string => join(home, ".local/share/ccr-agent/hook");

const commands = (): string[] =>
  ["notify-telegram", "away", "back"].map((name) => join(home, `.claude/commands/${name}.md`));

async function call(action: string, env: Record<string, string> = {}): Promise<number> {
  printed = "";
  return await hooks([action], { HOME: home, ...env });
}

test("install, status and uninstall leave the settings as they were, permissions included", async () => {
  const before = '{"model":"opus",   "theme":"dark"}';
  writeFileSync(settings(), before, { mode: 0o644 });
  chmodSync(settings(), 0o644);

  expect(await call("status")).toBe(1);
  expect(printed).toContain("ccr-agent hooks install");
  expect(await call("install")).toBe(0);
  expect(readFileSync(settings(), "utf8")).toContain(launcher());
  expect(readFileSync(`${settings()}.before-ccr-agent`, "utf8")).toBe(before);
  expect(statSync(settings()).mode & 0o777).toBe(0o644);
  expect(statSync(launcher()).mode & 0o777).toBe(0o700);
  expect(await call("status")).toBe(0);

  expect(await call("uninstall")).toBe(0);
  expect(readFileSync(settings(), "utf8")).toBe(before);
  // The launcher stays for sessions that call it still, and says so; it has nothing to run any more.
  expect(readdirSync(dirname(launcher()))).toEqual(["hook"]);
  expect(printed).toContain(`${launcher()} does nothing any more`);
  expect(commands().map((path) => existsSync(path))).toEqual([false, false, false]);
  expect(existsSync(`${settings()}.before-ccr-agent`)).toBe(false);
});

test("a second install changes nothing and keeps the first backup", async () => {
  writeFileSync(settings(), "{}");
  await call("install");
  const once = readFileSync(settings(), "utf8");
  expect(await call("install")).toBe(0);
  expect(printed).toContain("already");
  expect(readFileSync(settings(), "utf8")).toBe(once);
  expect(readFileSync(`${settings()}.before-ccr-agent`, "utf8")).toBe("{}");
});

test("where there was no file, none is left", async () => {
  await call("install");
  expect(existsSync(settings())).toBe(true);
  await call("uninstall");
  expect(existsSync(settings())).toBe(false);
});

test("a file that cannot be understood is left alone, and nothing is installed", async () => {
  writeFileSync(settings(), "{ // mine\n}");
  expect(await call("install")).toBe(1);
  expect(printed).toContain(`${settings()}: it is not valid JSON`);
  expect(readFileSync(settings(), "utf8")).toBe("{ // mine\n}");
  expect(existsSync(launcher())).toBe(false);
});

test("CLAUDE_CONFIG_DIR and XDG_DATA_HOME are honoured", async () => {
  const env = { CLAUDE_CONFIG_DIR: join(home, "elsewhere"), XDG_DATA_HOME: join(home, "data") };
  expect(await call("install", env)).toBe(0);
  expect(readFileSync(join(home, "elsewhere/settings.json"), "utf8")).toContain(join(home, "data/ccr-agent/hook"));
  expect(existsSync(settings())).toBe(false);
});

test("settings that are a link stay one", async () => {
  const real = join(home, "dotfiles.json");
  writeFileSync(real, "{}");
  symlinkSync(real, settings());
  await call("install");
  expect(lstatSync(settings()).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, "utf8")).toContain(launcher());
});

test("status tells of a launcher that is gone or of another version", async () => {
  await call("install");
  writeFileSync(launcher(), "#!/bin/sh\n");
  expect(await call("status")).toBe(1);
  expect(printed).toContain("of another version");
  rmSync(launcher());
  await call("status");
  expect(printed).toContain(`${launcher()} is missing`);
});

test("another word is wrong usage", async () => {
  await expect(hooks(["reinstall"], { HOME: home })).rejects.toThrow(UsageError);
});

test("the slash commands are put where Claude Code finds them; one that is missing is told and comes back", async () => {
  await call("install");
  for (const path of commands()) {
    expect(readFileSync(path, "utf8")).toMatch(/^---\ndescription: [^:"]*(?:\("off" ends it\))?\n/);
    rmSync(path);
    expect(await call("status")).toBe(1);
    expect(printed).toContain(`${path} is missing`);
    await call("install");
    expect(await call("status")).toBe(0);
  }
});

test.each([0, 1, 2])("a slash command of the user's own stays, and ours beside it go (%i)", async (index) => {
  const mine = commands()[index] ?? "";
  mkdirSync(join(home, ".claude/commands"));
  writeFileSync(mine, "mine");
  expect(await call("install")).toBe(0);
  expect(printed).toContain(`${mine} is yours`);
  expect(await call("status")).toBe(1);
  await call("uninstall");
  expect(readFileSync(mine, "utf8")).toBe("mine");
  expect(commands().filter((path) => existsSync(path))).toEqual([mine]);
});

describe("with hooks in two settings files", () => {
  const secondSettings = (): string => join(home, "second/settings.json");

  beforeEach(async () => {
    await call("install");
    await call("install", { CLAUDE_CONFIG_DIR: join(home, "second") });
  });

  test.each([
    { first: ".claude", last: "second" },
    { first: "second", last: ".claude" },
  ])("taken out of $first they work on in $last, and go with the last", async ({ first, last }) => {
    expect(await call("uninstall", { CLAUDE_CONFIG_DIR: join(home, first) })).toBe(0);
    expect(printed).toContain(`They still stand in ${join(home, last)}`);
    expect(await call("status", { CLAUDE_CONFIG_DIR: join(home, last) })).toBe(0);
    expect(await call("uninstall", { CLAUDE_CONFIG_DIR: join(home, last) })).toBe(0);
    expect(printed).not.toContain("still stand");
    expect(readdirSync(dirname(launcher()))).toEqual(["hook"]);
  });

  test("uninstalling where no hooks are takes none away, and says where they are", async () => {
    await call("uninstall", { CLAUDE_CONFIG_DIR: join(home, "wrong") });
    expect(printed).toContain("There are no hooks of ours in");
    for (const folder of [".claude", "second"])
      expect(printed).toContain(`CLAUDE_CONFIG_DIR=${join(home, folder)} ccr-agent hooks uninstall`);
    expect(await call("status")).toBe(0);
    expect(printed).toContain(`Hooks stand in ${secondSettings()}, too`);
    expect(printed).not.toContain(`${settings()}, too`);
  });

  test.each([
    { what: "is gone", change: () => rmSync(join(home, "second"), { recursive: true }) },
    { what: "was cleaned by hand", change: () => writeFileSync(secondSettings(), "{}") },
  ])("a settings file that $what does not keep the launcher's program", async ({ change }) => {
    change();
    await call("uninstall");
    expect(printed).not.toContain("still stand");
    expect(readdirSync(dirname(launcher()))).toEqual(["hook"]);
  });

  test.each([
    { what: "is not understood", change: () => writeFileSync(secondSettings(), "{ // mine") },
    {
      what: "cannot be read",
      change: () => {
        rmSync(secondSettings());
        mkdirSync(secondSettings());
      },
    },
  ])("a settings file that $what may still need the launcher", async ({ change }) => {
    change();
    expect(await call("uninstall")).toBe(0);
    expect(printed).toContain(`still stand in ${secondSettings()}`);
    expect(readdirSync(dirname(launcher())).toSorted()).toEqual(["hook", "hook.cjs", "settings-files.json"]);
  });

  test("a list of them that is not understood is an error that says what to do", async () => {
    writeFileSync(join(dirname(launcher()), "settings-files.json"), "{}");
    await expect(call("status")).rejects.toThrow(/settings-files\.json is not understood: delete it/);
  });
});
