import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AgentHome } from "../agent-home.ts";
import { ClaudeInTerminal } from "../claude-in-terminal.ts";
import { homeForEach } from "../home-for-each.ts";

let home: AgentHome;

homeForEach((_, made) => (home = made));

function commandFile(): string {
  return join(home.folder, ".claude/commands/away.md");
}

const OURS = "You are away";

test.each([
  ["answered where it is ours", () => {}, { command_source: "userSettings" }, true],
  ["answered where an older Claude Code does not say where it lies", () => {}, {}, true],
  ["left alone where it is the project's", () => {}, { command_source: "projectSettings" }, false],
  ["left alone where it is the user's", () => writeFileSync(commandFile(), "Say goodbye."), {}, false],
  ["left alone where ours is gone", () => rmSync(commandFile()), { command_source: "userSettings" }, false],
])("/away is %s", async (_, happens, more, answered) => {
  await home.run(["hooks", "install"]);
  happens();
  await home.online();
  const claude = new ClaudeInTerminal(home, process.pid);
  const event = { hook_event_name: "UserPromptExpansion", command_name: "away", command_args: "", prompt: "/away" };
  expect((await claude.tells({ ...event, ...more })).includes(OURS)).toBe(answered);
});

test("of a Claude Code with a folder of its own for its settings, the commands there count", async () => {
  const folder = join(home.folder, "other");
  await home.run(["hooks", "install"], { env: { CLAUDE_CONFIG_DIR: folder } });
  await home.online();
  const event = { hook_event_name: "UserPromptExpansion", command_name: "away", command_args: "", prompt: "/away" };
  const [there, here] = [{ CLAUDE_CONFIG_DIR: folder }, {}].map((env) => new ClaudeInTerminal(home, process.pid, env));
  expect(await there?.tells(event)).toContain(OURS);
  expect(await here?.tells(event)).not.toContain(OURS);
});
