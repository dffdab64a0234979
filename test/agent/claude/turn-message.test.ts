import { expect, test } from "vitest";
import * as v from "valibot";
import { HookInput, type HookInputOf } from "../../../agent/claude/hook-input.ts";
import { asksSomething, turnMessage } from "../../../agent/claude/turn-message.ts";
import { NotificationBody } from "../../../src/protocol.ts";

const COMMON = { session_id: "s1", cwd: "/project" };

function stop(last_assistant_message: string, more: object = {}): HookInputOf<"Stop"> {
  const input = { ...COMMON, hook_event_name: "Stop", stop_hook_active: false, last_assistant_message, ...more };
  const parsed = v.parse(HookInput, input);
  if (parsed.hook_event_name !== "Stop") throw new Error("not a Stop");
  return parsed;
}

test.each([
  ["Shall I go on?", true],
  ["Done.\n\nShall I **commit it?**", true],
  ["続けますか？", true],
  ["(really?)", true],
  ["> Shall I?\n\n", true],
  ["Why did it fail? Because of X.", false],
  ["What is it?\n\nIt is done.", false],
  ["```sh\ngrep x?\n```", false],
  ["Run `ls ?`", false],
  ["", false],
])("%j asks something: %s", (text, asks) => {
  expect(asksSomething(text)).toBe(asks);
});

test("an answer ends with Continue and Screen", () => {
  expect(turnMessage(stop("All **green**."), true)).toEqual({
    text: "All **green**.",
    format: "markdown",
    sign: "done",
    replyMarkup: {
      inline_keyboard: [
        [
          { text: "Continue", callback_data: "cmd:TOKEN:continue" },
          { text: "Screen", callback_data: "cmd:TOKEN:/screen" },
        ],
      ],
    },
  });
});

test("a question brings Yes and No", () => {
  const message = turnMessage(stop("Shall I commit?"), true);
  expect(message?.sign).toBe("question");
  expect(message?.replyMarkup?.inline_keyboard.flat().map(({ text }) => text)).toEqual([
    "Yes",
    "No",
    "Continue",
    "Screen",
  ]);
});

test("a session that can't be typed into gets no buttons", () => {
  expect(turnMessage(stop("Shall I commit?"), false)).toEqual({
    text: "Shall I commit?",
    format: "markdown",
    sign: "question",
  });
});

test("a turn that waits for work in the background says so", () => {
  const tasks = [{ id: "1", type: "shell", status: "running", description: "npm test" }];
  expect(turnMessage(stop("Started.", { background_tasks: tasks }), true)?.text).toContain(
    "1 task runs on in the background",
  );
});

test.each([
  [{ error: "rate_limit", last_assistant_message: "API Error: 429" }, "the usage limit is reached", "API Error: 429"],
  [{ error: "unknown", error_details: "broken pipe" }, "the turn failed", "broken pipe"],
  [{ error: "new_in_next_year" }, "the turn failed", "Claude could not go on."],
])("a failure %o tells its reason", (failure, subject, text) => {
  const input = v.parse(HookInput, { ...COMMON, hook_event_name: "StopFailure", ...failure });
  expect(input.hook_event_name === "StopFailure" && turnMessage(input, true)).toMatchObject({
    sign: "warning",
    subject,
    text,
  });
});

test("what auto mode blocked is told with what it was", () => {
  const denied = { tool_name: "Bash", tool_input: { command: "rm -rf /" }, reason: "It deletes everything." };
  const input = v.parse(HookInput, { ...COMMON, hook_event_name: "PermissionDenied", ...denied });
  expect(input.hook_event_name === "PermissionDenied" && turnMessage(input, true)).toMatchObject({
    sign: "warning",
    subject: "Bash was blocked",
    text: "It deletes everything.\n\nrm -rf /",
  });
});

test("subagents are silent", () => {
  expect(turnMessage(stop("Found it.", { agent_id: "a1" }), true)).toBeUndefined();
});

test("every message is one that the router takes", () => {
  for (const text of ["", "x", "Is it?", "x".repeat(10_000)]) {
    expect(v.is(NotificationBody, { sessionId: "s1", ...turnMessage(stop(text), true) })).toBe(true);
  }
});
