import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as v from "valibot";
import { readClaudeScreen } from "../../agent/claude/claude-screen.ts";
import { forBox, isSamePrompt, unwrapPaste } from "../../agent/claude/prompt-text.ts";
import { ancestors } from "../../agent/terminal/ancestors.ts";
import { findNvimBuffer, NvimTerminal } from "../../agent/terminal/nvim.ts";
import { runLua } from "../../agent/terminal/nvim-rpc.ts";
import { Pty } from "../../agent/terminal/pty.ts";
import { PtyTerminal } from "../../agent/terminal/pty-terminal.ts";
import { Screen } from "../../agent/terminal/screen.ts";
import type { Terminal } from "../../agent/terminal/terminal.ts";
import { TmuxTerminal, tmuxPane } from "../../agent/terminal/tmux.ts";
import { Lab } from "./support/lab.ts";
import { says } from "./support/model-messages.ts";
import { TEXTS } from "./support/texts.ts";
import { type Pane, TmuxServer } from "./support/tmux-server.ts";
import { until } from "./support/until.ts";

const LINES = Array.from({ length: 12 }, (_, index) => `line ${index}\twith a tab`).join("\n");

/** Types every text and expects each as a prompt, once, in order. */
async function typesAll(lab: Lab, terminal: Terminal): Promise<void> {
  lab.api.otherwise(says("Understood."));
  for (const [name, text] of [...TEXTS, ["twelve lines with tabs", LINES] as const]) {
    const before = lab.hooks.of("Stop").length;
    expect(await terminal.type(forBox(text), "text")).toEqual({ status: "typed" });
    await until(`the turn of "${name}" ended`, () => lab.hooks.of("Stop").length === before + 1);
  }
  const prompts = lab.hooks.of("UserPromptSubmit").map(({ input }) => v.parse(v.string(), input["prompt"]));
  const wanted = [...TEXTS.map(([, text]) => text), LINES];
  expect(prompts).toHaveLength(wanted.length);
  expect(prompts.filter((prompt, index) => !isSamePrompt(wanted[index] ?? "", prompt))).toEqual([]);
  // Without tabs, byte for byte; around a wrapped paste Claude Code puts blank lines.
  expect(prompts.slice(0, -1).map((prompt) => unwrapPaste(prompt).trim())).toEqual(TEXTS.map(([, text]) => text));
}

test("in tmux, every text becomes a prompt as it was written, once", async () => {
  const lab = await Lab.open();
  const { terminal } = await inTmux(lab);
  await typesAll(lab, terminal);
});

test("in nvim, every text becomes a prompt as it was written, once", async () => {
  const lab = await Lab.open();
  const server = join(lab.folder, "nvim.sock");
  const { tmux, pane } = await TmuxServer.start({
    command: ["nvim", "--clean", "--listen", server],
    cwd: lab.project,
    env: lab.env,
  });
  lab.adopt(tmux);
  await until("nvim listens", async () => (await runLua(server, "return 1", [])).status === "answered");
  await runLua(server, "vim.fn.termopen(...)", [[lab.program, "--permission-mode", "default"]]);
  await pane.shows(/^❯/m);

  const { env, parentPid } = await lab.hooks.saw("SessionStart");
  const place = await findNvimBuffer(env["NVIM"] ?? "", await ancestors(parentPid));
  if (place === undefined) throw new Error(`the hook does not know its buffer: ${JSON.stringify(env)}`);
  await typesAll(lab, new NvimTerminal(place));
});

test("under run, every text becomes a prompt as it was written, once", async () => {
  const lab = await Lab.open();
  const size = { columns: 100, rows: 40 };
  const screen = new Screen(size);
  const file = lab.program;
  // It starts where it stands, and the folder that the user trusts is the lab's.
  const args = ["-C", lab.project, file, "--permission-mode", "default"];
  const pty = new Pty({ file: "/usr/bin/env", args, environment: lab.env, size });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  pty.onOutput((bytes) => void screen.feed(bytes));
  await until("its box is there", async () => readClaudeScreen(await screen.text()).state === "ready");
  await typesAll(lab, new PtyTerminal(pty, screen));
});

/** A session in tmux, and the terminal that its own hook tells of. */
async function inTmux(lab: Lab): Promise<{ claude: Pane; terminal: TmuxTerminal }> {
  const claude = await lab.start();
  const { env } = await lab.hooks.saw("SessionStart");
  const place = tmuxPane(env["TMUX"], env["TMUX_PANE"]);
  if (place === undefined) throw new Error("the hook does not know its pane");
  return { claude, terminal: new TmuxTerminal(place) };
}

test("a text right behind Escape arrives whole", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("Understood."));
  const { claude, terminal } = await inTmux(lab);
  const done = await Promise.all([terminal.key("escape"), terminal.type("hello", "text")]);
  expect(done).toEqual([{ status: "typed" }, { status: "typed" }]);
  await claude.shows("Understood.");
  expect(lab.hooks.of("UserPromptSubmit").map(({ input }) => input["prompt"])).toEqual(["hello"]);
});

test("Escape before the first word of an answer puts the prompt back into the box, where it is seen as a draft", async () => {
  const lab = await Lab.open();
  const slow = lab.api.hold(says("Too late."));
  const { claude, terminal } = await inTmux(lab);
  await terminal.type("think hard", "text");
  await slow.asked;
  await terminal.key("escape");
  await until("it stands there as a draft", async () => {
    const read = readClaudeScreen((await claude.screen()).trimEnd());
    return read.state === "draft" && read.text === "think hard";
  });
  slow.release();
  expect(lab.hooks.of("Stop")).toEqual([]);
});
