import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { launcherPaths, writeLauncher } from "../../agent/claude/launcher.ts";
import { Attachment } from "../../agent/control/attachment.ts";
import { ControlClient } from "../../agent/control/client.ts";
import { controlSocketPath } from "../../agent/control/socket-path.ts";
import { Machine } from "../../agent/demo/machine.ts";
import { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { until } from "../../agent/until.ts";
import { buildAgent } from "./bundles.ts";
import { askForCode } from "./populate.ts";
import { memoryMb, processorMs } from "./processes.ts";
import type { Address, Testbed } from "./testbed.ts";

/** Reads and says nothing: what is typed shows as the terminal's own echo. */
export const SILENT = ["/bin/sh", "-c", "cat >/dev/null"] as const;

/** The built `ccr-agent start` on a machine of its own, paired with a router. */
export class RealAgent {
  readonly pid: number;
  readonly #machine: Machine;
  readonly #agent: RecordedTerminal;
  readonly #folder: string;
  readonly #bed: Testbed;
  readonly #attachments: Attachment[] = [];
  readonly #programs: RecordedTerminal[] = [];

  private constructor(bed: Testbed, machine: Machine, folder: string, agent: RecordedTerminal) {
    this.#bed = bed;
    this.#machine = machine;
    this.#folder = folder;
    this.#agent = agent;
    this.pid = agent.pid;
  }

  static async start(bed: Testbed, name: string, folder: string): Promise<RealAgent> {
    const machine = await Machine.create({ name, folder, routerUrl: bed.router.url });
    const { url, code } = await askForCode(bed, name);
    const { status, stderr } = await machine.command("pair", url, code);
    if (status !== 0) throw new Error(`\`ccr-agent pair\` failed: ${stderr}`);
    const agent = new RecordedTerminal({
      file: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", await buildAgent(), "start"],
      environment: {
        HOME: folder,
        PATH: process.env["PATH"] ?? "",
        XDG_CONFIG_HOME: join(folder, "config"),
        XDG_STATE_HOME: folder,
        CCR_WORKER_URL: bed.router.url,
      },
      size: { columns: 200, rows: 50 },
    });
    await until("the agent to be online", () => agent.output().includes(" online: "), {
      details: () => agent.output(),
    });
    return new RealAgent(bed, machine, folder, agent);
  }

  /** Sessions whose terminals, in this process, take whatever they are told to type at once. */
  async attach(count: number, onTyped: (text: string) => void): Promise<void> {
    for (let n = 0; n < count; n++) {
      const sessionId = `bench-${n}`;
      const startedAt = Date.now();
      const typed = async (text: string): Promise<{ status: "typed" }> => {
        onTyped(text);
        return { status: "typed" };
      };
      this.#attachments.push(
        new Attachment({
          path: this.#socketPath,
          terminal: {
            type: typed,
            key: typed,
            screen: async () => ({ status: "screen", text: "" }),
            alive: () => true,
          },
          attach: () => ({
            type: "attach",
            sessionId,
            label: sessionId,
            program: "bench",
            pid: process.pid,
            claim: Date.now() - startedAt,
          }),
        }),
      );
      await this.hear(sessionId);
    }
  }

  /** `ccr-agent run` of a program that reads and says nothing. It is there once it was heard. */
  run(sessionId: string, onOutput: (text: string) => void = () => {}): void {
    this.#programs.push(this.#machine.run({ label: sessionId, command: SILENT, sessionId, onOutput }));
  }

  /** Has a session say something, once it is there. Returns its message. */
  async hear(sessionId: string): Promise<Address> {
    const text = `${sessionId} is here`;
    await until(`${sessionId} to be there`, async () => {
      const connected = await ControlClient.connect(this.#socketPath);
      if (connected.status === "absent") return false;
      const { status } = await connected.client.notify({ sessionId, text, id: sessionId });
      await connected.client.end();
      return status === "notified";
    });
    return this.#bed.sink.message(text);
  }

  /** What it uses while nothing happens. */
  async idle(seconds: number): Promise<{ memoryMb: number; processorMsPerSecond: number }> {
    const before = processorMs(this.pid);
    await delay(seconds * 1_000);
    return {
      memoryMb: memoryMb(this.pid).now,
      processorMsPerSecond: (processorMs(this.pid) - before) / seconds,
    };
  }

  /** How long Claude Code waits for one event that needs no decision, beside a Node that does nothing. Milliseconds. */
  async hookTimes(count: number): Promise<{ hook: number[]; node: number[] }> {
    const env = { ...process.env, XDG_STATE_HOME: this.#folder, CLAUDE_CODE_ENTRYPOINT: "cli" };
    const data = join(this.#folder, "data");
    mkdirSync(join(data, "ccr-agent"), { recursive: true });
    const paths = launcherPaths({ XDG_DATA_HOME: data });
    writeLauncher(paths, process.execPath);
    const event = JSON.stringify({ session_id: "bench-0", hook_event_name: "PostToolUse", cwd: this.#folder });
    const times = { hook: Array<number>(), node: Array<number>() };
    for (let n = 0; n < count; n++) {
      times.node.push(await timed(process.execPath, ["-e", "0"], env, ""));
      times.hook.push(await timed(paths.launcher, ["PostToolUse"], env, event));
    }
    return times;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end("SIGKILL")));
    await Promise.all(this.#attachments.map((attachment) => attachment.end("exited")));
    await this.#agent.end("SIGTERM");
  }

  get #socketPath(): string {
    return controlSocketPath({ XDG_STATE_HOME: this.#folder });
  }
}

function timed(file: string, args: readonly string[], env: NodeJS.ProcessEnv, input: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { env, stdio: ["pipe", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(performance.now() - start);
      else reject(new Error(`${file} ended with ${code}`));
    });
    // It may end before it has read anything.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
