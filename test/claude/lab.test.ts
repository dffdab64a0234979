import { expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { until } from "./support/until.ts";
import { lastTexts, refuses, says, uses } from "./support/model-messages.ts";

test("a prompt typed in the terminal gets its answer on the screen", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("Good morning from the stand-in."));
  const claude = await lab.start();

  await claude.enters("say good morning");

  await claude.shows("Good morning from the stand-in.");
  expect(lab.api.requests.flatMap(lastTexts)).toContain("say good morning");
});

test("the hooks of a turn come in order, from the CLI itself, with the pane they belong to", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("It is **done**. Shall I go on?"));
  const claude = await lab.start();
  await claude.enters("do it");
  const stop = await lab.hooks.saw("Stop");

  expect(lab.hooks.calls.map(({ event }) => event)).toEqual(["SessionStart", "UserPromptSubmit", "Stop"]);
  const [start, submit] = lab.hooks.calls;
  expect(start?.input).toMatchObject({ source: "startup", cwd: lab.project });
  expect(submit?.input).toMatchObject({ prompt: "do it", permission_mode: "default" });
  expect(stop.input).toMatchObject({
    last_assistant_message: "It is **done**. Shall I go on?",
    stop_hook_active: false,
  });
  expect(stop.env).toMatchObject({ TMUX_PANE: claude.id, CLAUDE_CODE_ENTRYPOINT: "cli" });
  expect(stop.parentPid).toBe(await claude.pid());
});

test("a permission hook runs beside the dialog; a yes at the terminal leaves it, and PostToolUse tells of it", async () => {
  const lab = await Lab.open();
  lab.api.plan(uses("Bash", { command: "touch made-by-claude", description: "Make a file" }), says("Made."));
  lab.hooks.answer("PermissionRequest", () => new Promise(() => {}));
  const claude = await lab.start();
  await claude.enters("make a file");

  const request = await lab.hooks.saw("PermissionRequest");
  expect(request.input).toMatchObject({ tool_name: "Bash", tool_input: { command: "touch made-by-claude" } });
  await claude.shows("Do you want to proceed?");
  expect(request.ended).toBe(false);

  await claude.confirms("Do you want to proceed?");
  await claude.shows("Made.");
  expect((await lab.hooks.saw("PostToolUse")).input).toMatchObject({ tool_input: { command: "touch made-by-claude" } });
  expect(request.ended).toBe(false);
});

test("a no at the terminal ends the permission hook, and the turn without a Stop", async () => {
  const lab = await Lab.open();
  lab.api.plan(uses("Bash", { command: "touch made-by-claude", description: "Make a file" }));
  lab.hooks.answer("PermissionRequest", () => new Promise(() => {}));
  const claude = await lab.start();
  await claude.enters("make a file");
  const request = await lab.hooks.saw("PermissionRequest");
  await claude.shows("Do you want to proceed?");

  await claude.presses("Escape");
  await until("the hook's process is gone", () => request.ended);
  expect(lab.hooks.of("Stop")).toEqual([]);
});

test("an error of the model ends the turn with StopFailure", async () => {
  const lab = await Lab.open();
  lab.api.otherwise(refuses(400, "invalid_request_error", "this prompt is not for me"));
  const claude = await lab.start();
  await claude.enters("fail please");

  const failure = await lab.hooks.saw("StopFailure");
  expect(failure.input).toMatchObject({
    error: "unknown",
    last_assistant_message: "API Error: 400 this prompt is not for me",
  });
  expect(lab.hooks.of("Stop")).toEqual([]);
});

test("a slow answer keeps the CLI busy until the test releases it", async () => {
  const lab = await Lab.open();
  const slow = lab.api.hold(says("At last."));
  const claude = await lab.start();
  await claude.enters("think hard");
  await slow.asked;
  await claude.shows("esc to interrupt");
  expect(await claude.screen()).not.toContain("At last.");

  slow.release();
  await claude.shows("At last.");
});

test("`claude -p` answers on standard output and fires hooks under another entry point", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("Printed."));

  expect(await lab.print("say it")).toBe("Printed.\n");

  const stop = await lab.hooks.saw("Stop");
  expect(stop.env["CLAUDE_CODE_ENTRYPOINT"]).toBe("sdk-cli");
});
