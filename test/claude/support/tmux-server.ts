import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import type { Environment } from "../../../agent/environment.ts";
import { until } from "./until.ts";

const execute = promisify(execFile);

/** What runs in the pane, and how large it is. */
export type PaneOptions = {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  columns?: number;
  rows?: number;
};

/** A real tmux with a server of its own: nothing of it touches another one on this machine. */
export class TmuxServer {
  readonly name = `ccr-${randomUUID().slice(0, 8)}`;
  readonly #env: Environment;

  private constructor(env: Environment) {
    this.#env = env;
  }

  /** Starts a server with one pane. */
  static async start(options: PaneOptions): Promise<{ tmux: TmuxServer; pane: Pane }> {
    const tmux = new TmuxServer(options.env);
    const paneId = await tmux.run(["-f", "/dev/null", "new-session", ...layOut(options)]);
    await tmux.run(["set-option", "-g", "remain-on-exit", "on"]);
    return { tmux, pane: new Pane(tmux, paneId) };
  }

  /** A further pane, in a window of its own. */
  async addPane({ command, cwd }: Pick<PaneOptions, "command" | "cwd">): Promise<Pane> {
    return new Pane(this, await this.run(["new-window", "-d", "-P", "-F", "#{pane_id}", "-c", cwd, "--", ...command]));
  }

  /** Runs one command of tmux; what it printed, without the last newline. */
  async run(args: readonly string[]): Promise<string> {
    const { stdout } = await execute("tmux", ["-L", this.name, ...args], { env: this.#env });
    return stdout.replace(/\n$/, "");
  }

  /** Ends the server and what runs in it. */
  async stop(): Promise<void> {
    const pids = (await this.run(["list-panes", "-a", "-F", "#{pane_pid}"])).split("\n").map(Number);
    await this.run(["kill-server"]);
    await until("the programs in tmux have ended", () => pids.every((pid) => !lives(pid)));
  }
}

function layOut({ command, cwd, columns = 100, rows = 40 }: PaneOptions): string[] {
  const size = ["-x", String(columns), "-y", String(rows)];
  return ["-d", "-P", "-F", "#{pane_id}", ...size, "-c", cwd, "--", ...command];
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** One pane: a person's eyes and hands. */
export class Pane {
  readonly id: string;
  readonly tmux: TmuxServer;

  constructor(tmux: TmuxServer, id: string) {
    this.tmux = tmux;
    this.id = id;
  }

  async screen(): Promise<string> {
    return await this.tmux.run(["capture-pane", "-p", "-J", "-t", this.id]);
  }

  async shows(wanted: string | RegExp): Promise<void> {
    let screen = "";
    try {
      await until("", async () => {
        screen = await this.screen();
        return typeof wanted === "string" ? screen.includes(wanted) : wanted.test(screen);
      });
    } catch (error) {
      throw new Error(`the screen never showed ${String(wanted)}; it shows:\n${screen}`, { cause: error });
    }
  }

  async showsNot(unwanted: string | RegExp): Promise<void> {
    await until(`the screen no longer shows ${String(unwanted)}`, async () => {
      const screen = await this.screen();
      return typeof unwanted === "string" ? !screen.includes(unwanted) : !unwanted.test(screen);
    });
  }

  /** Waits until Claude Code's turn is over, its hooks included. */
  async rests(): Promise<void> {
    await this.showsNot("esc to interrupt");
  }

  /** Types characters as a person does, without Enter. */
  async types(text: string): Promise<void> {
    await this.tmux.run(["send-keys", "-t", this.id, "-l", "--", text]);
  }

  /** Types a line and, once it stands in the box, Enter. */
  async enters(line: string): Promise<void> {
    await this.types(line);
    // A space that does not break follows the sign of its box.
    await this.shows(`❯\u00a0${line}`);
    await this.presses("Enter");
  }

  /** Presses keys by tmux's names: Enter, Escape, Up, C-c. */
  async presses(...keys: readonly string[]): Promise<void> {
    await this.tmux.run(["send-keys", "-t", this.id, ...keys]);
  }

  /** Takes the first choice of the dialog that shows this. One that has just opened may not listen yet. */
  async confirms(dialog: string): Promise<void> {
    await this.shows(dialog);
    await until(`the dialog with "${dialog}" is gone`, async () => {
      await this.presses("Enter");
      return !(await this.screen()).includes(dialog);
    });
  }

  /** Waits for the end of what runs in it. */
  async ends(): Promise<void> {
    const dead = (): Promise<string> => this.tmux.run(["display-message", "-p", "-t", this.id, "#{pane_dead}"]);
    await until("what runs in the pane has ended", async () => (await dead()) === "1");
  }

  async pid(): Promise<number> {
    return Number(await this.tmux.run(["display-message", "-p", "-t", this.id, "#{pane_pid}"]));
  }
}
