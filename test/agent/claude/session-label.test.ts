import { expect, test } from "vitest";
import * as v from "valibot";
import { type AgentHome, until } from "../agent-home.ts";
import { ClaudeInTerminal } from "../claude-in-terminal.ts";
import { homeForEach } from "../home-for-each.ts";
import type { StandInRouter } from "../stand-in-router.ts";

const Registered = v.object({ sessionId: v.string(), label: v.string() });

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function labels(): string[] {
  return router.bodies("/sessions/register").map((body) => v.parse(Registered, body).label);
}

/** Tells of a start, and waits until the router has heard of it. */
async function starts(claude: ClaudeInTerminal, source: string, more: Record<string, string> = {}): Promise<void> {
  const before = labels().length;
  await claude.tells({ hook_event_name: "SessionStart", source, ...more });
  await until("it is registered", () => labels().length > before);
}

test("a label that the user gave stays, over a compaction, /clear and a restart of the agent; one that was found is renewed", async () => {
  await home.run(["hooks", "install"]);
  const agent = await home.online();
  const claude = new ClaudeInTerminal(home, process.pid);
  await starts(claude, "startup");
  await starts(claude, "compact", { session_title: "a title" });
  expect(labels().at(-1)).toContain("a title");
  const answer = await claude.tells({
    hook_event_name: "UserPromptExpansion",
    command_name: "notify-telegram",
    command_args: "backend",
    prompt: "/notify-telegram backend",
  });
  expect(answer).toContain("backend");
  await until("the label is told", () => labels().at(-1) === "backend");

  await starts(claude, "compact", { session_title: "a title" });
  await agent.kill("SIGKILL");
  await home.online();
  await starts(claude, "compact", { session_title: "another title" });
  await starts(claude, "clear", { session_id: "after-clear" });
  expect(new Set(labels().slice(2))).toEqual(new Set(["backend"]));
});
