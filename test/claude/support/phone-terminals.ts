import { join } from "node:path";
import { runLua } from "../../../agent/terminal/nvim-rpc.ts";
import { MACHINE, type Phone } from "./phone.ts";
import { shown } from "./shown.ts";
import { type Pane, TmuxServer } from "./tmux-server.ts";
import { until } from "./until.ts";

type Variables = Readonly<Record<string, string>>;

/** The eyes and hands of somebody who sits at a terminal. */
export interface Desk {
  /** What it shows. */
  screen(): Promise<string>;
  /** Types characters, without Enter. */
  types(text: string): Promise<void>;
  enter(): Promise<void>;
}

function deskOf(pane: Pane): Desk {
  return {
    screen: () => pane.screen(),
    types: (text) => pane.types(text),
    enter: () => pane.presses("Enter"),
  };
}

async function inTmux({ lab }: Phone, env: Variables = {}): Promise<Desk> {
  return deskOf(await lab.start({ env }));
}

/** Claude Code under `ccr-agent run`. */
async function inRun({ lab, system }: Phone, env: Variables = {}): Promise<Desk> {
  const pairs = Object.entries({ ...lab.env, ...env }).map(([name, value]) => `${name}=${value}`);
  const command = ["env", "-C", lab.project, ...pairs, lab.program, "--permission-mode", "default"];
  const terminal = system.run(MACHINE, "here", command, "the-run");
  return {
    screen: () => shown(terminal),
    types: (text) => terminal.write(text),
    enter: () => terminal.write("\r"),
  };
}

/** nvim in a tmux that stands for the user's eyes, and Claude Code beginning in its `:terminal`. */
export async function beginInNvim({ lab }: Phone, env: Variables = {}): Promise<{ server: string; pane: Pane }> {
  const server = join(lab.folder, "nvim.sock");
  const { tmux, pane } = await TmuxServer.start({
    command: ["nvim", "--clean", "--listen", server],
    cwd: lab.project,
    env: { ...lab.env, ...env },
  });
  lab.adopt(tmux);
  await until("nvim listens", async () => (await runLua(server, "return 1", [])).status === "answered");
  await runLua(server, "vim.fn.termopen(...)", [[lab.program, "--permission-mode", "default"]]);
  return { server, pane };
}

/** Claude Code in nvim's `:terminal`. */
async function inNvim(phone: Phone, env: Variables = {}): Promise<Desk> {
  const { server, pane } = await beginInNvim(phone, env);
  // As somebody who uses it: in terminal mode.
  await runLua(server, "vim.cmd('startinsert')", []);
  await pane.shows(/^❯/m);
  return deskOf(pane);
}

/** Starts Claude Code where a person can sit at it, and the agent can reach it. */
type Start = (phone: Phone, env?: Variables) => Promise<Desk>;

/** The kinds of terminals that Claude Code can be reached in. */
export const KINDS: readonly (readonly [name: string, start: Start])[] = [
  ["tmux", inTmux],
  ["nvim", inNvim],
  ["run", inRun],
];

/** Where nothing is faint. */
export const WITHOUT_COLOURS: readonly [name: string, start: Start] = [
  "tmux, without colours",
  (phone, env = {}) => inTmux(phone, { ...env, NO_COLOR: "1" }),
];
