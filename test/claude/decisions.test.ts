import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as v from "valibot";
import { queuedPrompts } from "../../agent/claude/claude-screen.ts";
import { AskUserQuestionInput, ExitPlanModeInput, HookInput, PermissionUpdate } from "../../agent/claude/hook-input.ts";
import {
  allow,
  answer,
  answerCommand,
  approvePlan,
  deny,
  forPermission,
  forToolUse,
  HookOutput,
} from "../../agent/claude/hook-output.ts";
import { Lab } from "./support/lab.ts";
import { lastToolResults, says, uses } from "./support/model-messages.ts";
import { until } from "./support/until.ts";

const BASH = (command: string): ReturnType<typeof uses> => uses("Bash", { command, description: "Make a file" });

/** Every decision that a hook prints here has passed its schema, as in the agent. */
function checked(output: HookOutput): HookOutput {
  return v.parse(HookOutput, output);
}

test("allow: the tool runs and its dialog goes", async () => {
  const lab = await Lab.open();
  lab.api.plan(BASH("touch made"), says("Made."));
  lab.hooks.answer("PermissionRequest", () => checked(forPermission(allow())));
  const claude = await lab.start();
  await claude.enters("make it");

  await claude.shows("Made.");
  expect(existsSync(join(lab.project, "made"))).toBe(true);
});

test("an echoed suggestion: the next like request is not asked", async () => {
  const lab = await Lab.open();
  lab.api.plan(BASH("npm test"), BASH("npm test -- --again"), says("Ran both."));
  lab.hooks.answer("PermissionRequest", ({ input }) => {
    const { permission_suggestions } = v.parse(v.object({ permission_suggestions: v.array(v.unknown()) }), input);
    return checked(forPermission(allow(v.parse(PermissionUpdate, permission_suggestions[0]))));
  });
  const claude = await lab.start();
  await claude.enters("test it");

  await claude.shows("Ran both.");
  expect(lab.hooks.of("PermissionRequest")).toHaveLength(1);
});

test("deny with a reason: the model reads it, and the turn goes on", async () => {
  const lab = await Lab.open();
  lab.api.plan(BASH("touch made"), says("Then not."));
  lab.hooks.answer("PermissionRequest", () => checked(forPermission(deny("use another name"))));
  const claude = await lab.start();
  await claude.enters("make it");

  await claude.shows("Then not.");
  expect(lab.api.requests.flatMap(lastToolResults)).toMatchObject([
    { isError: true, text: "The user said no: use another name" },
  ]);
  expect(existsSync(join(lab.project, "made"))).toBe(false);
});

test("deny without one: Claude stops and waits", async () => {
  const lab = await Lab.open();
  lab.api.plan(BASH("touch made"));
  lab.hooks.answer("PermissionRequest", () => checked(forPermission(deny(""))));
  const claude = await lab.start();
  await claude.enters("make it");

  await claude.shows("Interrupted");
  expect(existsSync(join(lab.project, "made"))).toBe(false);
  expect(lab.hooks.of("Stop")).toEqual([]);
});

const QUESTIONS = {
  questions: [
    {
      question: "Which colour?",
      header: "Colour",
      multiSelect: false,
      options: [
        { label: "Blue", description: "like the sky" },
        { label: "Red", description: "like a rose" },
      ],
    },
    {
      question: "Which sizes?",
      header: "Sizes",
      multiSelect: true,
      options: [
        { label: "S", description: "small" },
        { label: "M", description: "middle" },
      ],
    },
  ],
};

test("questions are answered beside their dialog, with several choices and a text of one's own", async () => {
  const lab = await Lab.open();
  lab.api.plan(uses("AskUserQuestion", QUESTIONS), says("Understood."));
  const phone = Promise.withResolvers<object>();
  lab.hooks.answer("PermissionRequest", () => phone.promise);
  const claude = await lab.start();
  await claude.enters("ask me");
  const asked = await lab.hooks.saw("PermissionRequest");
  await claude.shows("Which colour?");

  const input = v.parse(AskUserQuestionInput, asked.input["tool_input"]);
  phone.resolve(
    checked(forPermission(answer(input, { "Which colour?": ["Blue"], "Which sizes?": ["S", "and one that fits me"] }))),
  );
  await claude.shows("Understood.");
  const [result] = lab.api.requests.flatMap(lastToolResults);
  expect(result?.text).toContain('"Which colour?"="Blue", "Which sizes?"="S, and one that fits me"');
});

test("PreToolUse answers questions before there is a dialog; what it lets go is asked with the same input", async () => {
  const lab = await Lab.open();
  lab.api.plan(uses("AskUserQuestion", QUESTIONS), uses("AskUserQuestion", QUESTIONS), says("Understood."));
  const chosen = { "Which colour?": ["Blue"], "Which sizes?": ["S", "M"] };
  lab.hooks.answer("PreToolUse", ({ input }) =>
    lab.hooks.of("PreToolUse").length > 1
      ? undefined
      : checked(forToolUse(answer(v.parse(AskUserQuestionInput, input["tool_input"]), chosen))),
  );
  const phone = Promise.withResolvers<object>();
  lab.hooks.answer("PermissionRequest", () => phone.promise);
  const claude = await lab.start();
  await claude.enters("ask me");
  const asked = await lab.hooks.saw("PermissionRequest");
  await claude.shows("Enter to select");
  const [first, second] = lab.hooks.of("PreToolUse");
  expect(lab.api.requests.flatMap(lastToolResults)[0]?.text).toContain('"Which colour?"="Blue", "Which sizes?"="S, M"');
  expect(first?.input["tool_use_id"]).not.toBe(second?.input["tool_use_id"]);
  expect(asked.input["tool_input"]).toEqual(second?.input["tool_input"]);
  expect(lab.hooks.of("PermissionRequest")).toHaveLength(1);
  phone.resolve(checked(forPermission(answer(v.parse(AskUserQuestionInput, asked.input["tool_input"]), chosen))));
  await claude.shows("Understood.");
});

test("while PreToolUse waits, a slash command is queued in Claude, and no hook hears of it before the turn is over", async () => {
  const lab = await Lab.open();
  mkdirSync(join(lab.home, ".claude/commands"));
  writeFileSync(join(lab.home, ".claude/commands/back.md"), "Nothing for the model.\n");
  lab.api.plan(uses("AskUserQuestion", QUESTIONS), says("Then not."));
  const phone = Promise.withResolvers<object>();
  lab.hooks.answer("PreToolUse", () => phone.promise);
  lab.hooks.answer("UserPromptExpansion", () => checked(answerCommand("You are back.")));
  const claude = await lab.start();
  await claude.enters("ask me");
  await lab.hooks.saw("PreToolUse");
  await claude.enters("/back");
  await until("it is queued", async () => queuedPrompts(await claude.screen()).includes("/back"));
  const heard = lab.hooks.calls.map(({ event }) => event);
  expect(heard).toEqual(["SessionStart", "UserPromptSubmit", "PreToolUse"]);
  phone.resolve(checked(forToolUse(deny("not now"))));
  await claude.shows("You are back.");
  expect(lab.api.requests.flatMap(lastToolResults)[0]?.text).toContain("The user said no: not now");
});

test("a plan comes with its text, and is approved beside its dialog", async () => {
  const lab = await Lab.open();
  const first = lab.api.hold(uses("ToolSearch", { query: "select:ExitPlanMode", max_results: 1 }));
  const phone = Promise.withResolvers<object>();
  lab.hooks.answer("PermissionRequest", () => phone.promise);
  const claude = await lab.start({ mode: "plan" });
  await claude.enters("plan it");
  // Where Claude is to write its plan stands in the request.
  const file_path = /[^\s"\\]+\/plans\/[\w-]+\.md/.exec(JSON.stringify((await first.asked).messages))?.[0];
  lab.api.plan(
    uses("Write", { file_path, content: "# Plan\n1. Do it\n" }),
    uses("ExitPlanMode", {}),
    says("Going on."),
  );
  first.release();

  const asked = await lab.hooks.saw("PermissionRequest");
  expect(asked.input["tool_name"]).toBe("ExitPlanMode");
  expect(v.parse(ExitPlanModeInput, asked.input["tool_input"]).plan).toBe("# Plan\n1. Do it\n");
  await claude.shows("Would you like to proceed?");
  phone.resolve(checked(forPermission(approvePlan(v.parse(ExitPlanModeInput, asked.input["tool_input"])))));
  await claude.shows("Going on.");
  expect(lab.api.requests.flatMap(lastToolResults).at(-1)?.text).toContain("approved");
});

test("a slash command is answered by a hook, without the model", async () => {
  const lab = await Lab.open();
  mkdirSync(join(lab.home, ".claude/commands"));
  writeFileSync(join(lab.home, ".claude/commands/notify-telegram.md"), "Nothing for the model.\n");
  lab.hooks.answer("UserPromptExpansion", () => checked(answerCommand("Turn ends go to Telegram now.")));
  const claude = await lab.start();
  await claude.enters("/notify-telegram api");

  await claude.shows("Turn ends go to Telegram now.");
  const expansion = await lab.hooks.saw("UserPromptExpansion");
  expect(expansion.input).toMatchObject({ command_name: "notify-telegram", command_args: "api" });
  expect(lab.api.requests).toEqual([]);
});

test("every input that the CLI delivered is one that the agent reads", async () => {
  const lab = await Lab.open();
  lab.api.plan(BASH("touch made"), BASH("false"), says("Made."));
  lab.hooks.answer("PermissionRequest", () => checked(forPermission(allow())));
  const claude = await lab.start();
  await claude.enters("make it");
  await claude.shows("Made.");
  await claude.enters("/clear");
  await lab.hooks.saw("SessionStart", ({ input }) => input["source"] === "clear");
  await claude.enters("/exit");
  await lab.hooks.saw("SessionEnd", ({ input }) => input["reason"] === "prompt_input_exit");

  await until("the tool that failed was told", () => lab.hooks.of("PostToolUseFailure").length === 1);
  const events = new Set(lab.hooks.calls.map(({ event }) => event));
  expect([...events].toSorted()).toEqual([
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "PreToolUse",
    "SessionEnd",
    "SessionStart",
    "Stop",
    "UserPromptSubmit",
  ]);
  expect(lab.hooks.calls.filter(({ input }) => !v.is(HookInput, input))).toEqual([]);
});
