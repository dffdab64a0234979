import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { Ask } from "../../../agent/claude/ask.ts";
import { HookInput, type HookInputOf } from "../../../agent/claude/hook-input.ts";
import { forPermission, HookOutput } from "../../../agent/claude/hook-output.ts";
import { NotificationBody } from "../../../src/protocol.ts";

const NAME = "0123456789a";

function request(tool_name: string, tool_input: object, more: object = {}): HookInputOf<"PermissionRequest"> {
  const common = { session_id: "s1", cwd: "/project", hook_event_name: "PermissionRequest" };
  const parsed = v.parse(HookInput, { ...common, tool_name, tool_input, ...more });
  if (parsed.hook_event_name !== "PermissionRequest") throw new Error("not a PermissionRequest");
  return parsed;
}

/** The labels and choices of the buttons that are shown now. */
function buttons(ask: Ask): [label: string, choice: string][] {
  return (ask.card().replyMarkup?.inline_keyboard ?? [])
    .flat()
    .map(({ text, callback_data }) => [text, callback_data.replace(/^.*\./, "")]);
}

function press(ask: Ask, label: string): ReturnType<Ask["answer"]> {
  const found = buttons(ask).find(([text]) => text === label);
  if (found === undefined) throw new Error(`no button ${label}`);
  return ask.answer({ nonce: ask.card().nonce, choice: found[1], text: "" });
}

function decision(answered: ReturnType<Ask["answer"]>): unknown {
  if (answered.status !== "decided") return answered.status;
  const output = v.parse(HookOutput, forPermission(answered.decision));
  return "decision" in output.hookSpecificOutput ? output.hookSpecificOutput.decision : output;
}

const RULE = {
  type: "addRules",
  rules: [{ toolName: "Bash", ruleContent: "npm test:*" }],
  behavior: "allow",
  destination: "localSettings",
};
const bash = (): Ask =>
  new Ask(request("Bash", { command: "npm test" }, { permission_suggestions: [RULE, { type: "unheard of" }] }), NAME);

describe("a permission", () => {
  test.each([
    ["Allow", { behavior: "allow" }],
    ["Deny", { behavior: "deny", interrupt: true }],
    ["Always Bash(npm test:*) · project", { behavior: "allow", updatedPermissions: [RULE] }],
  ])("%s decides it", (label, expected) => {
    expect(decision(press(bash(), label))).toEqual(expected);
  });

  test("a text denies it, with that reason", () => {
    const ask = bash();
    const answered = ask.answer({ nonce: ask.card().nonce, text: "not today" });
    expect(decision(answered)).toEqual({ behavior: "deny", message: "The user said no: not today" });
  });

  test.each(["a1", "d", "0", ""])("the choice %j, which no button has, decides nothing", (choice) => {
    const ask = bash();
    expect(ask.answer({ nonce: ask.card().nonce, choice, text: "" })).toEqual({ status: "over" });
  });

  test("an answer to another question decides nothing", () => {
    expect(bash().answer({ nonce: `${NAME}1`, choice: "y", text: "" })).toEqual({ status: "over" });
  });

  test("it is over with the use of the same tool on the same input", () => {
    expect(bash().isFor("Bash", { command: "npm test" })).toBe(true);
    expect(bash().isFor("Bash", { command: "npm test -- --again" })).toBe(false);
    expect(bash().isFor("Read", { command: "npm test" })).toBe(false);
  });
});

const option = (label: string): object => ({ label, description: `It is ${label}` });
const QUESTIONS = [
  { question: "Which colour?", header: "Colour", multiSelect: false, options: [option("Blue"), option("Red")] },
  { question: "Which sizes?", header: "Sizes", multiSelect: true, options: [option("S"), option("M")] },
];
const questions = (): Ask => new Ask(request("AskUserQuestion", { questions: QUESTIONS }), NAME);
const answers = (answered: ReturnType<Ask["answer"]>): unknown =>
  v.parse(v.object({ updatedInput: v.object({ answers: v.record(v.string(), v.string()) }) }), decision(answered))
    .updatedInput.answers;

describe("questions", () => {
  test("they come in turn, and each card has a nonce of its own", () => {
    const ask = questions();
    const first = ask.card();
    expect(first).toMatchObject({ nonce: `${NAME}0`, subject: "Colour", sign: "question" });
    expect(first.text).toMatch(/^Which colour\? \(1 of 2\)\n\n• Blue: It is Blue\n/);
    expect(press(ask, "Red")).toEqual({ status: "next" });
    expect(ask.card().nonce).not.toBe(first.nonce);
    expect(ask.answer({ nonce: first.nonce, choice: "0", text: "" })).toEqual({ status: "over" });
    expect(ask.card().text).toMatch(/^Which sizes\? \(2 of 2\)/);
  });

  test("of several choices, each is offered once, and Done ends them", () => {
    const ask = questions();
    press(ask, "Red");
    expect(buttons(ask).map(([label]) => label)).toEqual(["S", "M"]);
    expect(press(ask, "M")).toEqual({ status: "next" });
    expect(buttons(ask).map(([label]) => label)).toEqual(["S", "Done"]);
    expect(ask.card().text).toContain("Chosen: M. More?");
    expect(answers(press(ask, "Done"))).toEqual({ "Which colour?": "Red", "Which sizes?": "M" });
  });

  test("with the last of several choices there is nothing more to ask", () => {
    const ask = questions();
    press(ask, "Red");
    press(ask, "M");
    expect(answers(press(ask, "S"))).toEqual({ "Which colour?": "Red", "Which sizes?": "M, S" });
  });

  test("Done without a choice answers nothing", () => {
    const ask = questions();
    press(ask, "Red");
    expect(ask.answer({ nonce: ask.card().nonce, choice: "d", text: "" })).toEqual({ status: "over" });
  });

  test("a text answers in one's own words, beside what was chosen", () => {
    const ask = questions();
    ask.answer({ nonce: ask.card().nonce, text: "turquoise" });
    press(ask, "S");
    const answered = ask.answer({ nonce: ask.card().nonce, text: "and a small one" });
    expect(answers(answered)).toEqual({ "Which colour?": "turquoise", "Which sizes?": "S, and a small one" });
  });

  test("they are over with the same questions, which come back with their answers", () => {
    expect(questions().isFor("AskUserQuestion", { questions: QUESTIONS, answers: { "Which colour?": "Red" } })).toBe(
      true,
    );
    expect(questions().isFor("AskUserQuestion", { questions: QUESTIONS.slice(1) })).toBe(false);
  });

  test("the same questions of somebody else, a subagent, are other ones", () => {
    expect(questions().isOf(request("AskUserQuestion", { questions: QUESTIONS }))).toBe(true);
    expect(questions().isOf(request("AskUserQuestion", { questions: QUESTIONS }, { agent_id: "a1" }))).toBe(false);
  });

  test("only questions and plans have an answer", () => {
    const plan = new Ask(request("ExitPlanMode", { plan: "1." }), NAME);
    expect([questions(), plan, bash()].map(({ hasAnswer }) => hasAnswer)).toEqual([true, true, false]);
  });

  test("questions of a shape that is not known are asked for like any other tool", () => {
    const ask = new Ask(request("AskUserQuestion", { questions: [] }), NAME);
    expect(buttons(ask).map(([label]) => label)).toEqual(["Allow", "Deny"]);
  });
});

describe("a plan", () => {
  /** Stands below it. */
  const HINT = "\n\nOr reply: that rejects it, with your words as the reason.";
  const plan = (): Ask => new Ask(request("ExitPlanMode", { plan: "# Plan\n1. Do it", planFilePath: "/p.md" }), NAME);

  test("it is shown whole", () => {
    expect(plan().card()).toMatchObject({ text: `# Plan\n1. Do it${HINT}`, format: "markdown", sign: "question" });
  });

  test("a long one is shown whole, too", () => {
    const text = `# Plan\n${"1. Do it\n".repeat(5_000)}The end`;
    expect(new Ask(request("ExitPlanMode", { plan: text }), NAME).card().text).toBe(text + HINT);
  });

  test.each([
    ["Approve", { behavior: "allow", updatedInput: { plan: "# Plan\n1. Do it", planFilePath: "/p.md" } }],
    ["Reject", { behavior: "deny", interrupt: true }],
  ])("%s decides it", (label, expected) => {
    expect(decision(press(plan(), label))).toEqual(expected);
  });

  test("a text rejects it, with that reason", () => {
    const answered = plan().answer({ nonce: `${NAME}0`, text: "test first" });
    expect(decision(answered)).toEqual({ behavior: "deny", message: "The user said no: test first" });
  });

  test("it is over when the tool has run, which does not name the plan", () => {
    expect(plan().isFor("ExitPlanMode", {})).toBe(true);
  });
});

test.each([
  ["a permission", bash()],
  ["questions", questions()],
  ["a long question", new Ask(request("AskUserQuestion", { questions: [long()] }), NAME)],
])("the card of %s is one that the router takes", (_, ask) => {
  const { nonce, ...card } = ask.card();
  const body = { sessionId: "s1", ...card, question: { nonce, remainingMs: 1_000 } };
  expect(v.safeParse(NotificationBody, body).issues).toBeUndefined();
});

function long(): object {
  const options = Array.from({ length: 4 }, (_, index) => option(`${index} ${"😀".repeat(100)}`));
  return { question: "Which?".repeat(200), header: "H".repeat(100), multiSelect: true, options };
}
