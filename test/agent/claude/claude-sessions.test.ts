import { spawn } from "node:child_process";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { MachineOfClaude } from "./machine-of-claude.ts";

let machine: MachineOfClaude;

beforeEach(() => {
  machine = new MachineOfClaude();
});

const PANE_1 = process.pid;

/** Another process of Claude Code. */
function secondPane(): number {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.pid === undefined) throw new Error("there is no sleep here");
  return child.pid;
}

function starts(session_id: string, source = "startup") {
  return { hook_event_name: "SessionStart", session_id, source };
}

function ends(session_id: string, reason = "prompt_input_exit") {
  return { hook_event_name: "SessionEnd", session_id, reason };
}

test("a session that was resumed in another pane lives on when the first one quits, and ends with its own", async () => {
  const pane2 = secondPane();
  await machine.tells(PANE_1, starts("s1"));
  await machine.tells(pane2, starts("s1", "resume"));
  await machine.tells(PANE_1, ends("s1"));
  expect([machine.ended, machine.registry.get("s1")?.pid]).toEqual([[], pane2]);
  await machine.tells(pane2, ends("s1"));
  expect(machine.ended).toEqual(["s1"]);
});

function prompts(session_id: string, session_title?: string) {
  return { hook_event_name: "UserPromptSubmit", session_id, prompt: "hello", session_title };
}

/** The end of a turn, and then an event that comes after it. */
async function stops(prompt_id: string): Promise<void> {
  const stop = { hook_event_name: "Stop", session_id: "s1", prompt_id, stop_hook_active: false };
  await machine.tells(PANE_1, { ...stop, last_assistant_message: `the end of ${prompt_id}` });
}

/** A slash command of ours. */
function command(session_id: string, command_name: string, command_args = "") {
  return { hook_event_name: "UserPromptExpansion", session_id, command_name, command_args, prompt: "/" };
}

/** What ends of itself a minute later may end in a test. */
function withTimers(): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
}

test("/clear in the pane that a session was resumed from leaves it where it is", async () => {
  withTimers();
  const pane2 = secondPane();
  await machine.tells(PANE_1, starts("s1"));
  await machine.tells(pane2, starts("s1", "resume"));
  await machine.tells(PANE_1, ends("s1", "clear"));
  await machine.tells(PANE_1, starts("s2", "clear"));
  vi.advanceTimersByTime(60_000);
  expect(machine.registry.all().map(({ sessionId, pid }) => [sessionId, pid])).toEqual([
    ["s1", pane2],
    ["s2", PANE_1],
  ]);
});

test.each([
  ["began with it", []],
  ["had another one", [starts("s2")]],
])("a session that was left with /resume is kept by a process that %s", async (_, before) => {
  withTimers();
  const pane2 = secondPane();
  await machine.tells(PANE_1, starts("s1"));
  for (const event of before) await machine.tells(pane2, event);
  await machine.tells(PANE_1, ends("s1", "resume"));
  await machine.tells(pane2, starts("s1", "resume"));
  vi.advanceTimersByTime(60_000);
  expect([machine.ended, machine.registry.get("s1")?.pid]).toEqual([[], pane2]);
});

test("the claim of a session begins when its process took it up, and a compaction changes nothing about it", async () => {
  const claims = () => machine.registered.map(({ sessionId, startedAt }) => [sessionId, startedAt]);
  machine.now = 1_000;
  await machine.tells(PANE_1, starts("s1"));
  machine.now = 2_000;
  await machine.tells(PANE_1, starts("s1", "compact"));
  machine.now = 3_000;
  await machine.tells(PANE_1, ends("s1", "resume"));
  await machine.tells(PANE_1, starts("s2", "resume"));
  expect(claims()).toEqual([
    ["s1", 1_000],
    ["s1", 1_000],
    ["s2", 3_000],
  ]);
});

test("a session is called after its title as soon as a prompt tells it, and registered once for each", async () => {
  const labels = () => machine.registered.map(({ label }) => label);
  await machine.tells(PANE_1, starts("s1"));
  for (const title of [undefined, "fix the build", "fix the build", " fix \n the build", undefined, "ship it"]) {
    await machine.tells(PANE_1, prompts("s1", title));
  }
  // Claude works in another folder by now: that alone is no news.
  await machine.tells(PANE_1, { ...prompts("s1", "ship it"), cwd: "/nowhere/project/src" });
  await machine.tells(PANE_1, {
    hook_event_name: "Notification",
    session_id: "s1",
    message: "",
    notification_type: "",
  });
  expect(labels()).toEqual(["project", "project · fix the build", "project · ship it"]);
  // A compaction that does not tell it takes nothing away; the session after /clear has none yet.
  await machine.tells(PANE_1, starts("s1", "compact"));
  await machine.tells(PANE_1, starts("s2", "clear"));
  expect(labels().slice(3)).toEqual(["project · ship it", "project"]);
});

test("a title changes nothing about the name that the user gave a session", async () => {
  await machine.tells(PANE_1, starts("s1"));
  await machine.tells(PANE_1, command("s1", "notify-telegram", "backend"));
  await machine.tells(PANE_1, prompts("s1", "fix the build"));
  await machine.tells(PANE_1, starts("s1", "compact"));
  expect(machine.registered.map(({ label }) => label)).toEqual(["project", "backend", "backend"]);
});

test("alwaysNotify counts as it is now, also for sessions that run; what the user chose for one goes before", async () => {
  const told = () => machine.sent.map(({ text }) => text);
  const set = (alwaysNotify: boolean) => (machine.settings = { ...machine.settings, alwaysNotify });
  await machine.tells(PANE_1, starts("s1"));
  await stops("1");
  set(true);
  await stops("2");
  set(false);
  await stops("3");
  expect(told()).toEqual(["the end of 2"]);

  await machine.tells(PANE_1, command("s1", "notify-telegram"));
  await stops("4");
  set(true);
  await machine.tells(PANE_1, command("s1", "notify-telegram", "off"));
  await stops("5");
  expect(told()).toEqual(["the end of 2", "the end of 4"]);
});

test("/away and /back choose nothing about the ends of turns", async () => {
  await machine.tells(PANE_1, starts("s1"));
  await machine.tells(PANE_1, command("s1", "away"));
  await machine.tells(PANE_1, command("s1", "back"));
  machine.settings = { ...machine.settings, alwaysNotify: true };
  await stops("1");
  expect(machine.sent).toHaveLength(1);
});

const DENIED = { tool_name: "Bash", tool_input: { command: "rm -rf /" }, reason: "It deletes everything." };

test.each([
  ["Stop", { stop_hook_active: false, last_assistant_message: "Done." }],
  ["StopFailure", { error: "overloaded", last_assistant_message: "API Error: 529" }],
  ["PermissionDenied", DENIED],
])("a %s that is told again is the same notification; the next prompt's is another", async (hook_event_name, what) => {
  await machine.tells(PANE_1, starts("s1"));
  await machine.tells(PANE_1, command("s1", "notify-telegram"));
  for (const prompt_id of ["1", "1", "2"]) {
    await machine.tells(PANE_1, { hook_event_name, session_id: "s1", prompt_id, ...what });
  }
  const [first, again, next] = machine.sent.map(({ id }) => id);
  expect(first).toMatch(/^turn-/);
  expect(again).toBe(first);
  expect(next).not.toBe(first);
});
