import * as v from "valibot";
import { AskUserQuestionInput, ExitPlanModeInput, PermissionUpdate } from "./hook-input.ts";

/** What a tool is allowed to run with, where it wants a person's answer: such a tool takes no other allow (measured). */
const AnsweredInput = v.union([
  v.looseObject({ ...AskUserQuestionInput.entries, answers: v.record(v.string(), v.string()) }),
  v.strictObject(ExitPlanModeInput.entries),
]);

const Words = v.pipe(v.string(), v.minLength(1));

/**
 * Everything that a hook of ours may print. Claude Code ignores a decision of a wrong shape without a word, so each is
 * checked against this before it is printed.
 */
export const HookOutput = v.union([
  v.strictObject({
    hookSpecificOutput: v.strictObject({
      hookEventName: v.literal("PermissionRequest"),
      decision: v.variant("behavior", [
        v.strictObject({
          behavior: v.literal("allow"),
          updatedPermissions: v.exactOptional(v.pipe(v.array(PermissionUpdate), v.minLength(1))),
          updatedInput: v.exactOptional(AnsweredInput),
        }),
        v.strictObject({
          behavior: v.literal("deny"),
          message: v.exactOptional(Words),
          /** Ends the turn, as Esc does. */
          interrupt: v.exactOptional(v.literal(true)),
        }),
      ]),
    }),
  }),
  v.strictObject({
    /** Ends the turn: the model is not asked any more (measured). */
    continue: v.exactOptional(v.literal(false)),
    stopReason: v.exactOptional(Words),
    hookSpecificOutput: v.variant("permissionDecision", [
      v.strictObject({
        hookEventName: v.literal("PreToolUse"),
        permissionDecision: v.literal("allow"),
        updatedInput: AnsweredInput,
      }),
      v.strictObject({
        hookEventName: v.literal("PreToolUse"),
        permissionDecision: v.literal("deny"),
        permissionDecisionReason: Words,
      }),
    ]),
  }),
  v.strictObject({
    decision: v.literal("block"),
    reason: Words,
    hookSpecificOutput: v.strictObject({
      hookEventName: v.literal("UserPromptExpansion"),
      suppressOriginalPrompt: v.literal(true),
    }),
  }),
]);
export type HookOutput = v.InferOutput<typeof HookOutput>;

/** The text to print for a decision. @throws where it has a shape that Claude Code would ignore: a bug of ours. */
export function printed(output: HookOutput): string {
  return JSON.stringify(v.parse(HookOutput, output));
}

/** What the user decided about the use of a tool. */
export type Decision =
  | { behavior: "allow"; always?: PermissionUpdate; input?: v.InferOutput<typeof AnsweredInput> }
  /** With a reason, Claude reads it and goes on; with an empty one it stops and waits, as after a "no" at the terminal. */
  | { behavior: "deny"; reason: string };

/**
 * Allows what is asked for. Questions and plans want `answer` and `approvePlan`: this is ignored there.
 *
 * @param always one of the suggestions of that very request: what will not be asked for again.
 */
export function allow(always?: PermissionUpdate): Decision {
  return always === undefined ? { behavior: "allow" } : { behavior: "allow", always };
}

/** Denies what is asked for. */
export function deny(reason: string): Decision {
  return { behavior: "deny", reason: reason.trim() };
}

/** What was chosen for one question: labels of its options, or a text of the user's own. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** Answers AskUserQuestion in the user's name. `answers` goes by the questions' texts. */
export function answer(input: AskUserQuestionInput, answers: Answers): Decision {
  const joined = Object.fromEntries(Object.entries(answers).map(([question, chosen]) => [question, chosen.join(", ")]));
  return { behavior: "allow", input: { ...input, answers: joined } };
}

/** Approves a plan as it was shown. Edits are asked for from then on, as in manual mode. */
export function approvePlan(input: ExitPlanModeInput): Decision {
  return { behavior: "allow", input };
}

/** A decision as PermissionRequest takes it, beside the dialog. */
export function forPermission(decision: Decision): HookOutput {
  return {
    hookSpecificOutput: {
      hookEventName: "PermissionRequest",
      decision: decision.behavior === "deny" ? denied(decision.reason) : allowed(decision),
    },
  };
}

/** A decision as PreToolUse takes it, before there is any dialog. Only questions and plans are decided so early. */
export function forToolUse(decision: Decision): HookOutput {
  const hookEventName = "PreToolUse";
  if (decision.behavior === "deny") {
    const { reason } = decision;
    const hookSpecificOutput = {
      hookEventName,
      permissionDecision: "deny",
      permissionDecisionReason: saidNo(reason),
    } as const;
    return reason === "" ? { continue: false, stopReason: saidNo(""), hookSpecificOutput } : { hookSpecificOutput };
  }
  if (decision.input === undefined) throw new Error("PreToolUse decides only what has an answer");
  return { hookSpecificOutput: { hookEventName, permissionDecision: "allow", updatedInput: decision.input } };
}

/** Answers a slash command in the terminal, without the model. */
export function answerCommand(text: string): HookOutput {
  return {
    decision: "block",
    reason: text,
    hookSpecificOutput: { hookEventName: "UserPromptExpansion", suppressOriginalPrompt: true },
  };
}

type PermissionDecision = Extract<HookOutput["hookSpecificOutput"], { hookEventName: "PermissionRequest" }>["decision"];

function allowed({ always, input }: Extract<Decision, { behavior: "allow" }>): PermissionDecision {
  return {
    behavior: "allow",
    ...(always === undefined ? {} : { updatedPermissions: [always] }),
    ...(input === undefined ? {} : { updatedInput: input }),
  };
}

function denied(reason: string): PermissionDecision {
  return reason === "" ? { behavior: "deny", interrupt: true } : { behavior: "deny", message: saidNo(reason) };
}

function saidNo(reason: string): string {
  return reason === "" ? "The user said no." : `The user said no: ${reason}`;
}
