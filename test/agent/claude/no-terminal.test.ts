import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type AgentHome, TestTerminal, until } from "../agent-home.ts";
import { ClaudeInTerminal } from "../claude-in-terminal.ts";
import { homeForEach } from "../home-for-each.ts";
import { containing } from "../matchers.ts";
import { type StandInRouter, textCommand } from "../stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

const START = { hook_event_name: "SessionStart", source: "startup" };

/** A process that has no terminal, whatever these tests are run in. */
function withoutTerminal(): number {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  onTestFinished(() => {
    child.kill();
  });
  return child.pid ?? 0;
}

test("a session in no terminal registers as one that can't be typed into, ends its turns without buttons, and a reply says what to do", async () => {
  writeFileSync(join(home.folder, "config/ccr-agent/claude.json"), '{"alwaysNotify": true}');
  await home.online();
  const claude = new ClaudeInTerminal(home, withoutTerminal());
  await claude.tells(START);
  await until("it is registered", () => router.bodies("/sessions/register").length === 1);
  expect(router.bodies("/sessions/register")[0]).toMatchObject({ sessionId: claude.sessionId, typable: false });

  await claude.tells({ hook_event_name: "Stop", stop_hook_active: false, last_assistant_message: "Shall I?" });
  await until("the turn is told", () => router.bodies("/notifications/send").length === 1);
  expect(router.bodies("/notifications/send")[0]).toMatchObject({ text: "Shall I?" });
  expect(router.bodies("/notifications/send")[0]).not.toHaveProperty("replyMarkup");

  router.peer.send(textCommand(1, claude.sessionId, "yes"));
  await until("the result", () => router.peer.of("commandResult").length === 1);
  expect(router.peer.of("commandResult")[0]).toMatchObject({
    outcome: "failed",
    error: containing("start it in tmux, in nvim's :terminal, or with `ccr-agent run -- claude`"),
  });
});

test("a program under `run` registers as ever", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  await until("it is registered", () => router.bodies("/sessions/register").length === 1);
  expect(router.bodies("/sessions/register")[0]).not.toHaveProperty("typable");
});
