import { createConnection, type Socket } from "node:net";
import * as fc from "fast-check";
import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloseQuestionBody, NotificationBody, RegisterBody, UnregisterBody } from "../../src/protocol.ts";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { type AgentProcess, AgentHome, TestTerminal, until } from "./agent-home.ts";
import { expectCalm } from "./security-calm.ts";
import { StandInRouter, textCommand } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;
let agent: AgentProcess;
let terminal: TestTerminal;

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
  home.configure(router.url);
  agent = await home.online();
  terminal = await TestTerminal.attach(home, "s1");
});

afterEach(async () => {
  await home.remove();
  await router.stop();
});

const DONE = { type: "done", requestId: "r1" };
const LINES = [
  { type: "attach", sessionId: "s2", label: "api", program: "sh", pid: process.pid, claim: 5_000 },
  { type: "detach", sessionId: "s1", reason: "exited" },
  { type: "notify", requestId: "r1", notification: { sessionId: "s1", text: "done", format: "markdown" } },
  { type: "status", requestId: "r1" },
  { ...DONE, status: "typed", removed: 3 },
  { ...DONE, status: "screen", text: "$ " },
  { ...DONE, status: "held", reason: "later" },
  { type: "type", requestId: "r1", text: "rm -rf ~", kind: "text" },
];

const CLAUDE = { session_id: "c1", cwd: "/tmp", transcript_path: "/tmp/t.jsonl", prompt_id: "p1" };
const TOOL = { tool_name: "Bash", tool_input: { command: "rm -rf /tmp/x", description: "clean" } };
const QUESTION = { question: "Which?", options: [{ label: "one" }, { label: "two" }], multiSelect: true };
const HOOKS = [
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
].map((input) => ({
  type: "hook",
  requestId: "h1",
  event: input.hook_event_name,
  claudePid: process.pid,
  env: { CLAUDE_CODE_ENTRYPOINT: "cli", TMUX: "/nowhere/tmux,1,0", TMUX_PANE: "%0" },
  input,
}));

/** Says these lines on a connection of its own, and waits until the daemon has read them all. */
async function say(lines: readonly string[], n: number): Promise<void> {
  const socket: Socket = createConnection({ path: home.socket });
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  // A connection that is cut while it sends reports it here.
  socket.on("error", () => {});
  for (const line of lines) socket.write(`${line}\n`);
  const last = `last${n}`;
  socket.write(`\n${JSON.stringify({ type: "status", requestId: last })}\n`);
  await until(`the daemon answers; it said ${heard.slice(-500)}`, () => heard.includes(last));
  socket.destroy();
}

/** All that reached the router is what it takes, the next hello included; and the terminal still works. */
async function expectAllWell(): Promise<void> {
  expectCalm(agent);
  expect(terminal.orders).toEqual([]);
  router.peer.terminate();
  await until("the agent is back", () => router.peers.length > 1 && router.peers.at(-1)?.hello !== undefined);
  expect(router.peers.flatMap(({ malformed }) => malformed)).toEqual([]);
  const shapes = {
    "/sessions/register": RegisterBody,
    "/sessions/unregister": UnregisterBody,
    "/notifications/send": NotificationBody,
    "/questions/close": CloseQuestionBody,
  };
  for (const [path, shape] of Object.entries(shapes))
    for (const body of router.bodies(path)) expect([body, v.is(shape, body)]).toEqual([body, true]);
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is typed", () => terminal.typed.length === 1);
}

test(
  "whatever is said on the control socket, the daemon goes on, and nothing is typed",
  async () => {
    let n = 0;
    const line = fc.oneof({ weight: 6, arbitrary: mutated(LINES) }, garbled(LINES), fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 20 }), async (lines) => {
        await say(lines, (n += 1));
        expectCalm(agent);
      }),
      { numRuns: 15 },
    );
    await expectAllWell();
  },
  FUZZ_WITHIN_MS,
);

test(
  "whatever a hook of Claude Code brings, the daemon goes on, and what it tells the router is what the router takes",
  async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutated(HOOKS, ["c1", "c2"]), { minLength: 10, maxLength: 10 }), async (lines) => {
        await say(lines, (n += 1));
        expectCalm(agent);
      }),
      { numRuns: 15 },
    );
    await expectAllWell();
  },
  FUZZ_WITHIN_MS,
);
