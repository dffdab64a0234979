import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inject, onTestFinished } from "vitest";
import { HookRecorder } from "./hook-recorder.ts";
import { ModelApi } from "./model-api.ts";
import { type Pane, TmuxServer } from "./tmux-server.ts";

const execute = promisify(execFile);

/** Dialogs appear in `default` alone; newer releases start in `auto`. */
type Mode = "default" | "auto" | "plan";

/**
 * The real CLI with a home of its own, a stand-in for the model, and hooks that are recorded. Made for one test, and
 * torn down with it; then nothing may have been asked of the model that the test did not plan.
 */
export class Lab {
  readonly program = inject("claudeProgram");
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "ccr-claude-")));
  readonly home = join(this.folder, "home");
  readonly project = join(this.folder, "project");
  readonly api: ModelApi;
  readonly hooks: HookRecorder;
  #tmux: TmuxServer | undefined;

  private constructor(api: ModelApi, hooks: HookRecorder) {
    this.api = api;
    this.hooks = hooks;
  }

  static async open(): Promise<Lab> {
    const sockets = mkdtempSync(join(tmpdir(), "ccr-hooks-"));
    const lab = new Lab(await ModelApi.start(), await HookRecorder.start(sockets));
    lab.#furnish();
    onTestFinished(async () => {
      await lab.#close();
      rmSync(sockets, { recursive: true, force: true });
    });
    return lab;
  }

  /** The environment that the CLI gets, and nothing else. */
  get env(): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: this.home,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      ANTHROPIC_BASE_URL: this.api.url,
      ANTHROPIC_API_KEY: this.api.key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    };
  }

  /** Where the CLI reads the user's settings. */
  get settingsPath(): string {
    return join(this.home, ".claude", "settings.json");
  }

  /** Starts the CLI in a real tmux and waits until it takes input. */
  async start({
    mode = "default",
    args = [],
    env = {},
  }: {
    mode?: Mode;
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
  } = {}): Promise<Pane> {
    const { tmux, pane } = await TmuxServer.start({
      command: [this.program, "--permission-mode", mode, ...args],
      cwd: this.project,
      env: { ...this.env, ...env },
    });
    this.#tmux = tmux;
    await pane.shows(/^❯/m);
    return pane;
  }

  /** A tmux of the test's own making, ended with the test. */
  adopt(tmux: TmuxServer): void {
    this.#tmux = tmux;
  }

  /** `claude -p PROMPT`: what it printed. */
  async print(prompt: string): Promise<string> {
    const running = execute(this.program, ["-p", prompt], { cwd: this.project, env: this.env });
    running.child.stdin?.end();
    return (await running).stdout;
  }

  /** Writes the user's settings: the recorder's hooks, and more where it is given. */
  writeSettings(settings: object): void {
    writeFileSync(this.settingsPath, JSON.stringify(settings));
  }

  #furnish(): void {
    mkdirSync(join(this.home, ".claude"), { recursive: true });
    mkdirSync(this.project);
    const state = {
      hasCompletedOnboarding: true,
      theme: "dark",
      customApiKeyResponses: { approved: [this.api.key.slice(-20)], rejected: [] },
      projects: { [this.project]: { hasTrustDialogAccepted: true } },
    };
    writeFileSync(join(this.home, ".claude.json"), JSON.stringify(state));
    this.writeSettings(this.hooks.settings());
  }

  async #close(): Promise<void> {
    // First, so that no hook is held open any more: the CLI may wait for it.
    await this.hooks.stop();
    await this.#tmux?.stop();
    await this.api.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    const { complaints } = this.api;
    if (complaints.length > 0) throw new Error(`The stand-in for the model complained:\n${complaints.join("\n")}`);
  }
}
