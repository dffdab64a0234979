import * as v from "valibot";
import { SessionId } from "../../src/protocol.ts";

/** A permission that Claude Code proposes to grant. Those of a type we do not know are kept out, never echoed. */
const Destination = v.picklist(["userSettings", "projectSettings", "localSettings", "session", "cliArg"]);
const Behavior = v.picklist(["allow", "deny", "ask"]);
const Rule = v.object({ toolName: v.string(), ruleContent: v.optional(v.string()) });
export const PermissionUpdate = v.variant("type", [
  v.object({ type: v.literal("addRules"), rules: v.array(Rule), behavior: Behavior, destination: Destination }),
  v.object({ type: v.literal("addDirectories"), directories: v.array(v.string()), destination: Destination }),
  v.object({ type: v.literal("setMode"), mode: v.string(), destination: Destination }),
]);
export type PermissionUpdate = v.InferOutput<typeof PermissionUpdate>;

/** A list of which only the members that are understood are kept. */
const Suggestions = v.pipe(
  v.optional(v.array(v.unknown()), []),
  v.transform((all) =>
    all.flatMap((one) => {
      const parsed = v.safeParse(PermissionUpdate, one);
      return parsed.success ? [parsed.output] : [];
    }),
  ),
);

const Common = {
  /** One that the router would refuse would keep the whole machine from coming online: each hello names it. */
  session_id: SessionId,
  transcript_path: v.optional(v.string()),
  cwd: v.string(),
  permission_mode: v.optional(v.string()),
  /** The same for all that one prompt leads to. */
  prompt_id: v.optional(v.string()),
  /** There in a subagent alone. */
  agent_id: v.optional(v.string()),
};

const ToolInput = v.record(v.string(), v.unknown());

/** The events as the CLI 2.1.328 delivers them; what is not needed is left out. */
export const HookInput = v.variant("hook_event_name", [
  v.object({
    ...Common,
    hook_event_name: v.literal("SessionStart"),
    source: v.picklist(["startup", "resume", "clear", "compact", "fork"]),
    session_title: v.optional(v.string()),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("SessionEnd"),
    /** `clear`, `resume`, `logout`, `prompt_input_exit`, `other`. */
    reason: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("UserPromptSubmit"),
    prompt: v.string(),
    /** `user` for what was submitted in the box, `system` and others for what Claude Code puts in by itself. */
    source: v.optional(v.string()),
    session_title: v.optional(v.string()),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("UserPromptExpansion"),
    /** Without its slash. */
    command_name: v.string(),
    command_args: v.string(),
    /** Where its file lies: `userSettings`, `projectSettings`, … (measured); older versions may not say it. */
    command_source: v.optional(v.string()),
    prompt: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("PreToolUse"),
    tool_name: v.string(),
    tool_input: ToolInput,
    tool_use_id: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("PermissionRequest"),
    tool_name: v.string(),
    tool_input: ToolInput,
    permission_suggestions: Suggestions,
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("PermissionDenied"),
    tool_name: v.string(),
    tool_input: ToolInput,
    reason: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.picklist(["PostToolUse", "PostToolUseFailure"]),
    tool_name: v.string(),
    tool_input: ToolInput,
    tool_use_id: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("Notification"),
    message: v.string(),
    notification_type: v.string(),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("Stop"),
    stop_hook_active: v.boolean(),
    last_assistant_message: v.optional(v.string()),
    /** What goes on in the background: it will wake the session again. */
    background_tasks: v.optional(v.array(v.looseObject({ type: v.string(), description: v.optional(v.string()) })), []),
  }),
  v.object({
    ...Common,
    hook_event_name: v.literal("StopFailure"),
    /** `rate_limit`, `overloaded`, `billing_error`, `authentication_failed`, `unknown`, … */
    error: v.string(),
    error_details: v.optional(v.string()),
    /** The error as the terminal shows it: "API Error: 400 …" (measured). */
    last_assistant_message: v.optional(v.string()),
  }),
]);
export type HookInput = v.InferOutput<typeof HookInput>;

/** The input of one event. */
export type HookInputOf<Event extends HookInput["hook_event_name"]> = Extract<HookInput, { hook_event_name: Event }>;

const Question = v.object({
  question: v.string(),
  header: v.optional(v.string()),
  options: v.array(v.object({ label: v.string(), description: v.optional(v.string()) })),
  multiSelect: v.optional(v.boolean(), false),
});

/** The input of the tool AskUserQuestion. */
export const AskUserQuestionInput = v.looseObject({ questions: v.pipe(v.array(Question), v.minLength(1)) });
export type AskUserQuestionInput = v.InferOutput<typeof AskUserQuestionInput>;

/** The input of the tool ExitPlanMode: the CLI puts the plan in that Claude wrote to its file, if it wrote one. */
export const ExitPlanModeInput = v.object({
  plan: v.exactOptional(v.string()),
  planFilePath: v.exactOptional(v.string()),
});
export type ExitPlanModeInput = v.InferOutput<typeof ExitPlanModeInput>;
