import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readClaudeScreen } from "../../../agent/claude/claude-screen.ts";
import { ancestors } from "../../../agent/terminal/ancestors.ts";
import { findNvimBuffer, NvimTerminal } from "../../../agent/terminal/nvim.ts";
import { runLua } from "../../../agent/terminal/nvim-rpc.ts";
import { Pty } from "../../../agent/terminal/pty.ts";
import { PtyTerminal } from "../../../agent/terminal/pty-terminal.ts";
import { Screen } from "../../../agent/terminal/screen.ts";
import { TmuxTerminal, tmuxPane } from "../../../agent/terminal/tmux.ts";
import type { Lab } from "./lab.ts";
import { type Pane, TmuxServer } from "./tmux-server.ts";
import { until } from "./until.ts";

/** A session in tmux, and the terminal that its own hook tells of. */
export async function inTmux(lab: Lab): Promise<{ claude: Pane; terminal: TmuxTerminal }> {
  const claude = await lab.start();
  const { env } = await lab.hooks.saw("SessionStart");
  const place = tmuxPane(env["TMUX"], env["TMUX_PANE"]);
  if (place === undefined) throw new Error("the hook does not know its pane");
  return { claude, terminal: new TmuxTerminal(place) };
}

async function inNvim(lab: Lab): Promise<{ terminal: NvimTerminal }> {
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
  return { terminal: new NvimTerminal(place) };
}

/** As `ccr-agent run` does it. */
async function inPty(lab: Lab): Promise<{ terminal: PtyTerminal }> {
  const size = { columns: 100, rows: 40 };
  const screen = new Screen(size);
  // It starts where it stands, and the folder that the user trusts is the lab's.
  const args = ["-C", lab.project, lab.program, "--permission-mode", "default"];
  const pty = new Pty({ file: "/usr/bin/env", args, environment: lab.env, size });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  pty.onOutput((bytes) => void screen.feed(bytes));
  await until("its box is there", async () => readClaudeScreen(await screen.text()).state === "ready");
  return { terminal: new PtyTerminal(pty, screen) };
}

/** Claude Code in each kind of terminal. */
export const CLAUDE_IN = [
  ["in tmux", inTmux],
  ["in nvim", inNvim],
  ["under run", inPty],
] as const;
