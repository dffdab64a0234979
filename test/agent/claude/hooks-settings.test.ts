import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { holdsHooks, hookProblems, installHooks, uninstallHooks } from "../../../agent/claude/hooks-settings.ts";
import { matching } from "../matching.ts";

const LAUNCHER = "/home/ada/.local/share/ccr-agent/hook";

const Parsed = v.looseObject({ hooks: v.record(v.string(), v.array(v.looseObject({ hooks: v.array(v.unknown()) }))) });

function parse(text: string): v.InferOutput<typeof Parsed> {
  return v.parse(Parsed, JSON.parse(text));
}

function installed(text: string | null): string {
  const edit = installHooks(text, LAUNCHER);
  if (edit.status !== "changed") throw new Error(`the text was not changed but ${edit.status}`);
  return edit.text;
}

const others = {
  model: "opus",
  hooks: {
    Stop: [{ hooks: [{ type: "command", command: "afplay ding.mp3" }] }],
    PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "check.sh" }] }],
  },
  permissions: { allow: ["Bash(ls:*)"] },
};

/** Settings as people and programs write them. */
const FILES: readonly [string, string][] = [
  ["two spaces and a newline at the end", `${JSON.stringify(others, null, 2)}\n`],
  ["tabs", `${JSON.stringify(others, null, "\t")}\n`],
  ["one line", JSON.stringify(others)],
  ["odd spacing", '{ "model" : "opus",\n\n   "n": 1.0 }\n\n'],
  ["an empty object", "{}"],
  ["nothing at all", ""],
];

describe.each(FILES)("a settings file with %s", (_, text) => {
  test("keeps what others put there, also where it is not known how it was before", () => {
    const edit = uninstallHooks(installed(text), LAUNCHER, undefined);
    const before: unknown = text === "" ? {} : JSON.parse(text);
    expect(edit.status === "changed" && JSON.parse(edit.text)).toEqual(before);
  });

  test("is not changed by a second install", () => {
    expect(installHooks(installed(text), LAUNCHER)).toEqual({ status: "unchanged" });
  });

  test("is byte for byte as before once the hooks are taken out", () => {
    expect(uninstallHooks(installed(text), LAUNCHER, text)).toEqual({ status: "changed", text });
  });
});

test("questions and plans are heard of before their dialog, and no other tool waits for that", () => {
  expect(parse(installed(JSON.stringify(others))).hooks["PreToolUse"]).toEqual([
    { matcher: "Bash", hooks: [{ type: "command", command: "check.sh" }] },
    {
      matcher: "AskUserQuestion|ExitPlanMode",
      hooks: [{ type: "command", command: LAUNCHER, args: ["PreToolUse"], timeout: 24 * 60 * 60 }],
    },
  ]);
});

test("the hooks of others for the same event stay first", () => {
  expect(parse(installed(JSON.stringify(others))).hooks["Stop"]).toEqual([
    { hooks: [{ type: "command", command: "afplay ding.mp3" }] },
    { hooks: [{ type: "command", command: LAUNCHER, args: ["Stop"], timeout: 10 }] },
  ]);
});

test("where something else was changed meanwhile, only ours goes", () => {
  const changed = installed(JSON.stringify(others, null, 2)).replace('"opus"', '"sonnet"');
  const edit = uninstallHooks(changed, LAUNCHER, JSON.stringify(others, null, 2));
  expect(edit).toEqual({ status: "changed", text: JSON.stringify({ ...others, model: "sonnet" }, null, 2) });
});

test("a handler that shares its group with ours stays", () => {
  const shared = parse(installed(null));
  shared.hooks["Stop"]?.[0]?.hooks.push({ type: "command", command: "mine.sh" });
  const edit = uninstallHooks(JSON.stringify(shared), LAUNCHER, null);
  expect(edit).toEqual({
    status: "changed",
    text: JSON.stringify({ hooks: { Stop: [{ hooks: [{ type: "command", command: "mine.sh" }] }] } }),
  });
});

test("a file that we made is removed, unless something else came into it", () => {
  const made = installed(null);
  expect(uninstallHooks(made, LAUNCHER, null)).toEqual({ status: "removed" });
  const used = JSON.stringify({ ...parse(made), model: "opus" }, null, 2);
  expect(uninstallHooks(used, LAUNCHER, null)).toEqual({ status: "changed", text: '{\n  "model": "opus"\n}' });
});

test("hooks of an older version, or for a launcher elsewhere, are replaced", () => {
  const old = { hooks: { Stop: [{ hooks: [{ type: "command", command: "/old/ccr-agent/hook", args: ["Stop"] }] }] } };
  const now = installed(JSON.stringify(old));
  expect(now).not.toContain("/old/");
  expect(parse(now).hooks["Stop"]).toHaveLength(1);
  expect(holdsHooks(JSON.stringify(old))).toBe(true);
});

test("no file and no hooks: nothing to take out", () => {
  expect(uninstallHooks(null, LAUNCHER, null)).toEqual({ status: "unchanged" });
  expect(uninstallHooks(JSON.stringify(others), LAUNCHER, null)).toEqual({ status: "unchanged" });
});

test.each([
  ["text that is no JSON", "{ model: }", /not valid JSON/],
  ["a list", "[]", /shape/],
  ["hooks that are a list", '{"hooks":[]}', /hooks/],
  ["an event that is no list", '{"hooks":{"Stop":{}}}', /hooks\.Stop/],
])("%s is refused by install and uninstall, with the reason", (_, text, reason) => {
  expect(installHooks(text, LAUNCHER)).toMatchObject({ status: "refused", reason: matching(reason) });
  expect(uninstallHooks(text, LAUNCHER, null)).toMatchObject({ status: "refused" });
  expect(hookProblems(text, LAUNCHER)).toEqual([matching(reason)]);
});

test("status names what is missing, and a switch that turns all hooks off", () => {
  expect(hookProblems(installed(null), LAUNCHER)).toEqual([]);
  const { PermissionRequest: _, ...rest } = parse(installed(null)).hooks;
  expect(hookProblems(JSON.stringify({ hooks: rest, disableAllHooks: true }), LAUNCHER)).toEqual([
    matching(/PermissionRequest$/),
    matching(/disableAllHooks/),
  ]);
});
