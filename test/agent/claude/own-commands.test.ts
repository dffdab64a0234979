import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as v from "valibot";
import { type AgentHome, until } from "../agent-home.ts";
import { ClaudeInTerminal } from "../claude-in-terminal.ts";
import { homeForEach } from "../home-for-each.ts";
import { containing } from "../matchers.ts";
import { type StandInRouter, textCommand } from "../stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

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

const START = { hook_event_name: "SessionStart", source: "startup" };

const Said = v.object({ text: v.string() });

/** What the phone was told by the session, in order. */
function said(): string[] {
  return router.bodies("/notifications/send").map((body) => v.parse(Said, body).text);
}

/** Sends texts from the phone, one after the other. Resolves with their outcomes. */
async function sends(claude: ClaudeInTerminal, ...texts: readonly string[]): Promise<unknown[]> {
  for (const [n, text] of texts.entries()) {
    router.peer.send(textCommand(n + 1, claude.sessionId, text));
    await until(`"${text}" has its result`, () => router.peer.of("commandResult").length === n + 1);
  }
  return router.peer.of("commandResult").map(({ outcome }) => outcome);
}

/** Claude Code in no terminal: whatever had to be typed would fail. */
async function claudeIsHere(): Promise<ClaudeInTerminal> {
  await home.online();
  const claude = new ClaudeInTerminal(home, process.pid);
  await claude.tells(START);
  return claude;
}

test("from the phone our commands are carried out without a terminal, and each is answered there in a message that takes no buttons away", async () => {
  await home.run(["hooks", "install"]);
  const claude = await claudeIsHere();
  const texts = ["/away", " /back\n", "/notify-telegram  the backend", "/notify-telegram off"];
  expect(await sends(claude, ...texts)).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  await until("all are answered", () => said().length === 4);
  expect(said()).toEqual([
    containing("You are away"),
    containing("You are back"),
    containing('as "the backend"'),
    containing("no longer sent"),
  ]);
  expect(router.bodies("/notifications/send")[0]).toMatchObject({ silent: true, aside: true });
  expect(router.bodies("/sessions/register").at(-1)).toMatchObject({ label: "the backend" });
});

test("from the phone too, a command of such a name that is the user's own, or none of ours, is typed", async () => {
  await home.run(["hooks", "install"]);
  writeFileSync(commandFile(), "Say goodbye.");
  const claude = await claudeIsHere();
  expect(await sends(claude, "/away", "/backup", "back")).toEqual(["failed", "failed", "failed"]);
  expect(said()).toEqual([]);
});

test("a command file that cannot be read is not ours, and breaks nothing", async () => {
  await home.run(["hooks", "install"]);
  rmSync(commandFile());
  mkdirSync(commandFile());
  const claude = await claudeIsHere();
  expect(await sends(claude, "/away", "/back")).toEqual(["failed", "accepted"]);
});

test("of a Claude Code with a folder of its own for its settings, the commands there count for the phone too, also after a restart", async () => {
  const folder = join(home.folder, "other");
  await home.run(["hooks", "install"], { env: { CLAUDE_CONFIG_DIR: folder } });
  const agent = await home.online();
  const claude = new ClaudeInTerminal(home, process.pid, { CLAUDE_CONFIG_DIR: folder });
  await claude.tells(START);
  await agent.kill("SIGKILL");
  await home.online();
  expect(await sends(claude, "/away")).toEqual(["accepted"]);
});
