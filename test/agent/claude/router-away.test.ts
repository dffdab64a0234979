import { expect, test } from "vitest";
import { type AgentHome, until } from "../agent-home.ts";
import { ClaudeInTerminal } from "../claude-in-terminal.ts";
import { homeForEach } from "../home-for-each.ts";
import type { StandInRouter } from "../stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

const QUESTION = {
  hook_event_name: "PreToolUse",
  tool_name: "AskUserQuestion",
  tool_input: { questions: [{ question: "Which colour?", options: [{ label: "Blue" }] }] },
  tool_use_id: "toolu_1",
};

test("after /away a question is held back while the router is connected; without it the terminal asks at once", async () => {
  await home.run(["hooks", "install"]);
  const agent = await home.online();
  const claude = new ClaudeInTerminal(home, process.pid);
  await claude.tells({
    hook_event_name: "UserPromptExpansion",
    command_name: "away",
    command_args: "",
    prompt: "/away",
  });
  await claude.asks(QUESTION);
  await until("it is sent", () => router.bodies("/notifications/send").length === 1);

  router.refusal = { status: 503 };
  router.peer.terminate();
  await agent.says("offline: the router answered 503");
  expect(await claude.tells({ ...QUESTION, tool_use_id: "toolu_2" })).not.toContain("output");
});
