import { expect, test } from "vitest";
import * as v from "valibot";
import type { PermissionUpdate } from "../../../agent/claude/hook-input.ts";
import {
  HookOutput,
  allow,
  answer,
  answerCommand,
  approvePlan,
  deny,
  forPermission,
  forToolUse,
  printed,
} from "../../../agent/claude/hook-output.ts";

const RULE: PermissionUpdate = {
  type: "addRules",
  rules: [{ toolName: "Bash" }],
  behavior: "allow",
  destination: "session",
};
const QUESTIONS = { questions: [{ question: "Which?", options: [{ label: "A" }], multiSelect: true }] };

test.each([
  ["allow", allow(), { behavior: "allow" }],
  ["allow always", allow(RULE), { behavior: "allow", updatedPermissions: [RULE] }],
  ["approve a plan", approvePlan({ plan: "1." }), { behavior: "allow", updatedInput: { plan: "1." } }],
  ["deny", deny(" "), { behavior: "deny", interrupt: true }],
  ["deny with a reason", deny(" not now "), { behavior: "deny", message: "The user said no: not now" }],
])("%s is a decision about a permission", (_, decided, decision) => {
  expect(JSON.parse(printed(forPermission(decided)))).toEqual({
    hookSpecificOutput: { hookEventName: "PermissionRequest", decision },
  });
});

test("answers go by their question, several labels joined", () => {
  expect(JSON.parse(printed(forPermission(answer(QUESTIONS, { "Which?": ["A", "B"] }))))).toEqual({
    hookSpecificOutput: {
      hookEventName: "PermissionRequest",
      decision: { behavior: "allow", updatedInput: { ...QUESTIONS, answers: { "Which?": "A, B" } } },
    },
  });
});

const STOPS = { continue: false, stopReason: "The user said no." };

test.each([
  [
    "answers",
    answer(QUESTIONS, { "Which?": ["A", "B"] }),
    { permissionDecision: "allow", updatedInput: { ...QUESTIONS, answers: { "Which?": "A, B" } } },
    {},
  ],
  ["an approved plan", approvePlan({ plan: "1." }), { permissionDecision: "allow", updatedInput: { plan: "1." } }, {}],
  [
    "a no with a reason",
    deny(" not now "),
    { permissionDecision: "deny", permissionDecisionReason: "The user said no: not now" },
    {},
  ],
  ["a no", deny(" "), { permissionDecision: "deny", permissionDecisionReason: "The user said no." }, STOPS],
])("%s: a decision before there is a dialog", (_, decided, decision, around) => {
  expect(JSON.parse(printed(forToolUse(decided)))).toEqual({
    ...around,
    hookSpecificOutput: { hookEventName: "PreToolUse", ...decision },
  });
});

test("a bare yes is no answer before there is a dialog", () => {
  expect(() => forToolUse(allow())).toThrow("only what has an answer");
});

test("a command is answered without the model", () => {
  expect(v.is(HookOutput, JSON.parse(printed(answerCommand("Notifications are on."))))).toBe(true);
});

test("a decision of a wrong shape is never printed", () => {
  expect(() => printed(answerCommand(""))).toThrow(v.ValiError);
  expect(() => printed(forPermission(answer({ questions: [] }, {})))).toThrow(v.ValiError);
});
