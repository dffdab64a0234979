import { test } from "vitest";
import { readClaudeScreen } from "../../agent/claude/claude-screen.ts";
import { Lab } from "./support/lab.ts";
import { says, uses } from "./support/model-messages.ts";
import type { Pane } from "./support/tmux-server.ts";
import { until } from "./support/until.ts";

async function reads(claude: Pane, expected: object): Promise<void> {
  let screen = "";
  try {
    await until("the screen is read so", async () => {
      screen = await claude.screen();
      const read = readClaudeScreen(screen.trimEnd());
      return Object.entries(expected).every(([key, value]) =>
        Object.entries(read).some(([k, v]) => k === key && v === value),
      );
    });
  } catch (error) {
    const read = JSON.stringify(readClaudeScreen(screen.trimEnd()));
    throw new Error(`this was read as ${read}:\n${screen}`, { cause: error });
  }
}

test("the box: empty, with a draft of one line and of two, busy, and free again", async () => {
  const lab = await Lab.open();
  const slow = lab.api.hold(says("Now?\n\n1. yes\n2. no"));
  const claude = await lab.start();
  await reads(claude, { state: "ready", busy: false });
  await claude.types("half a thought");
  await reads(claude, { state: "draft", text: "half a thought" });
  await claude.types("\\");
  await claude.presses("Enter");
  await claude.types("and the other half");
  await reads(claude, { state: "draft", text: "half a thought\nand the other half" });
  await claude.presses("Enter");
  await slow.asked;
  await reads(claude, { state: "ready", busy: true });
  await claude.enters("meanwhile");
  await claude.shows("Press up to edit queued messages");
  await reads(claude, { state: "ready", busy: true });
  lab.api.plan(says("Second."));
  slow.release();
  await claude.shows("Second.");
  await reads(claude, { state: "ready", busy: false });
});

test("dialogs: a permission, a question with several parts, a plan", async () => {
  const lab = await Lab.open();
  const option = (label: string): object => ({ label, description: label });
  const questions = [
    { question: "Which?", header: "Which", multiSelect: false, options: [option("A"), option("B")] },
    { question: "How many?", header: "Count", multiSelect: true, options: [option("1"), option("2")] },
  ];
  lab.api.plan(uses("Bash", { command: "touch made", description: "Make a file" }));
  const next = lab.api.hold(uses("AskUserQuestion", { questions }));
  lab.api.plan(
    uses("ToolSearch", { query: "select:ExitPlanMode", max_results: 1 }),
    uses("ExitPlanMode", {}),
    says("Over."),
  );
  const claude = await lab.start();
  await claude.enters("ask me all");
  await claude.shows("Do you want to proceed?");
  await reads(claude, { state: "dialog" });
  await claude.confirms("Do you want to proceed?");
  next.release();
  await claude.shows("Which?");
  await reads(claude, { state: "dialog" });
  await claude.confirms("Which?");
  await claude.shows("How many?");
  await reads(claude, { state: "dialog" });
  await claude.presses("Escape");
  await reads(claude, { state: "ready" });
});
