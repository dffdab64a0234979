const CLAUDE = { session_id: "c1", cwd: "/tmp", transcript_path: "/tmp/t.jsonl", prompt_id: "p1" };
const TOOL = { tool_name: "Bash", tool_input: { command: "rm -rf /tmp/x", description: "clean" } };
const QUESTION = { question: "Which?", options: [{ label: "one" }, { label: "two" }], multiSelect: true };
/** Events of Claude Code, as its hooks bring them. */
export const HOOK_EVENTS = [
  { ...CLAUDE, hook_event_name: "SessionStart", source: "startup", session_title: "a title" },
  { ...CLAUDE, hook_event_name: "SessionStart", session_id: "c2", source: "clear" },
  { ...CLAUDE, hook_event_name: "SessionEnd", reason: "clear" },
  { ...CLAUDE, hook_event_name: "UserPromptSubmit", prompt: "hello", source: "user" },
  {
    ...CLAUDE,
    hook_event_name: "UserPromptExpansion",
    command_name: "notify-telegram",
    command_args: "on the phone",
    prompt: "/notify-telegram on the phone",
  },
  {
    ...CLAUDE,
    hook_event_name: "UserPromptExpansion",
    command_name: "away",
    command_args: "",
    prompt: "/away",
  },
  {
    ...CLAUDE,
    hook_event_name: "PreToolUse",
    tool_name: "AskUserQuestion",
    tool_input: { questions: [QUESTION, QUESTION] },
    tool_use_id: "u0",
  },
  {
    ...CLAUDE,
    ...TOOL,
    hook_event_name: "PermissionRequest",
    permission_suggestions: [
      { type: "addRules", rules: [{ toolName: "Bash" }], behavior: "allow", destination: "session" },
    ],
  },
  {
    ...CLAUDE,
    hook_event_name: "PermissionRequest",
    tool_name: "AskUserQuestion",
    tool_input: { questions: [QUESTION, QUESTION] },
    permission_suggestions: [],
  },
  {
    ...CLAUDE,
    hook_event_name: "PermissionRequest",
    tool_name: "ExitPlanMode",
    tool_input: { plan: "1. do it", planFilePath: "/tmp/plan.md" },
  },
  { ...CLAUDE, ...TOOL, hook_event_name: "PermissionDenied", reason: "no" },
  { ...CLAUDE, ...TOOL, hook_event_name: "PostToolUse", tool_use_id: "u1" },
  { ...CLAUDE, hook_event_name: "Notification", message: "waiting", notification_type: "idle_prompt" },
  {
    ...CLAUDE,
    hook_event_name: "Stop",
    stop_hook_active: false,
    last_assistant_message: "Done.",
    background_tasks: [{ type: "shell", description: "npm test" }],
  },
  { ...CLAUDE, hook_event_name: "StopFailure", error: "rate_limit", last_assistant_message: "API Error: 429" },
];
