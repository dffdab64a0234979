import * as v from "valibot";
import { AskUserQuestionInput, ExitPlanModeInput, PermissionUpdate } from "./hook-input.ts";

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
          /** Tools that want a person's answer take an allow only with an input (measured). */
          updatedInput: v.exactOptional(
            v.union([
              v.looseObject({ ...AskUserQuestionInput.entries, answers: v.record(v.string(), v.string()) }),
              v.strictObject(ExitPlanModeInput.entries),
            ]),
          ),
        }),
        v.strictObject({
          behavior: v.literal("deny"),
          message: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
          /** Ends the turn, as Esc does. */
          interrupt: v.exactOptional(v.literal(true)),
        }),
      ]),
    }),
  }),
  v.strictObject({
    decision: v.literal("block"),
    reason: v.pipe(v.string(), v.minLength(1)),
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

/**
 * Allows what PermissionRequest asks for. Questions and plans want `answer` and `approvePlan`: this is ignored there.
 *
 * @param always one of the suggestions of that very request: what will not be asked for again.
 */
export function allow(always?: PermissionUpdate): HookOutput {
  return {
    hookSpecificOutput: {
      hookEventName: "PermissionRequest",
      decision: always === undefined ? { behavior: "allow" } : { behavior: "allow", updatedPermissions: [always] },
    },
  };
}

/**
 * Denies what PermissionRequest asks for. With a reason, Claude reads it and goes on; without one it stops and waits,
 * as it does after a "no" at the terminal.
 */
export function deny(reason: string): HookOutput {
  const message = reason.trim();
  const decision =
    message === ""
      ? ({ behavior: "deny", interrupt: true } as const)
      : ({ behavior: "deny", message: `The user said no: ${message}` } as const);
  return { hookSpecificOutput: { hookEventName: "PermissionRequest", decision } };
}

/** What was chosen for one question: labels of its options, or a text of the user's own. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** Answers AskUserQuestion in the user's name. `answers` goes by the questions' texts. */
export function answer(input: AskUserQuestionInput, answers: Answers): HookOutput {
  const joined = Object.fromEntries(Object.entries(answers).map(([question, chosen]) => [question, chosen.join(", ")]));
  return {
    hookSpecificOutput: {
      hookEventName: "PermissionRequest",
      decision: { behavior: "allow", updatedInput: { ...input, answers: joined } },
    },
  };
}

/** Approves a plan as it was shown. Edits are asked for from then on, as in manual mode. */
export function approvePlan(input: ExitPlanModeInput): HookOutput {
  return {
    hookSpecificOutput: { hookEventName: "PermissionRequest", decision: { behavior: "allow", updatedInput: input } },
  };
}

/** Answers a slash command in the terminal, without the model. */
export function answerCommand(text: string): HookOutput {
  return {
    decision: "block",
    reason: text,
    hookSpecificOutput: { hookEventName: "UserPromptExpansion", suppressOriginalPrompt: true },
  };
}
