import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Hook } from "../control/messages.ts";
import { ttyOf } from "../session/foreground.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import type { Place } from "../store/sessions.ts";
import { ancestors } from "../terminal/ancestors.ts";
import { findNvimBuffer, NvimTerminal } from "../terminal/nvim.ts";
import { TmuxTerminal, tmuxPane } from "../terminal/tmux.ts";
import type { BareTerminal } from "./claude-terminal.ts";

/** tmux answers in milliseconds: longer, and it hangs. */
const ANSWER_WITHIN_MS = 5_000;

/** The terminal of a `run` on this machine; undefined where it is not attached. */
type RunTerminal = (sessionId: string) => SessionTerminal | undefined;

/**
 * Where a process can be typed into. Variables are inherited, also from a terminal around the one that it runs in; the
 * innermost is the one whose device is the process's own.
 */
export async function findPlace(
  env: Hook["env"],
  pid: number,
  runPid: (sessionId: string) => number | undefined,
): Promise<Place> {
  const isElsewhere = env.TMUX_PANE === undefined && env.NVIM === undefined && env.CCR_SESSION === undefined;
  const tty = isElsewhere ? undefined : ttyOf(pid);
  if (tty === undefined) return { kind: "none" };
  const pane = tmuxPane(env.TMUX, env.TMUX_PANE);
  if (pane !== undefined && (await paneTty(pane.socket, pane.pane)) === tty) return { kind: "tmux", ...pane };
  const buffer = env.NVIM === undefined ? undefined : await findNvimBuffer(env.NVIM, await ancestors(pid));
  if (buffer !== undefined && ttyOf(buffer.jobPid) === tty) return { kind: "nvim", ...buffer };
  const run = env.CCR_SESSION;
  const inside = run === undefined ? undefined : runPid(run);
  if (run !== undefined && inside !== undefined && ttyOf(inside) === tty) return { kind: "run", sessionId: run };
  return { kind: "none" };
}

/** The terminals, one for each place: each keeps its own order. */
export class Terminals {
  readonly #run: RunTerminal;
  readonly #known = new Map<string, BareTerminal>();

  constructor(run: RunTerminal) {
    this.#run = run;
  }

  /** Undefined where there is nothing that can be typed into, now. */
  at(place: Place): BareTerminal | undefined {
    if (place.kind === "none") return undefined;
    if (place.kind === "run") return this.#run(place.sessionId);
    const key = JSON.stringify(place);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const terminal = place.kind === "tmux" ? new TmuxTerminal(place) : new NvimTerminal(place);
    this.#known.set(key, terminal);
    return terminal;
  }
}

async function paneTty(socket: string, pane: string): Promise<string | undefined> {
  try {
    const asked = ["-S", socket, "display-message", "-p", "-t", pane, "#{pane_tty}"];
    const { stdout } = await promisify(execFile)("tmux", asked, { timeout: ANSWER_WITHIN_MS });
    return stdout.trim();
  } catch {
    // No such server or pane, or no tmux: it runs elsewhere.
    return undefined;
  }
}
