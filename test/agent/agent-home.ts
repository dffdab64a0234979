import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { ControlClient } from "../../agent/control/client.ts";
import type { Order } from "../../agent/control/messages.ts";
import { osIdHash } from "../../agent/os-identity.ts";

const MAIN = resolve(import.meta.dirname, "../../agent/main.ts");
const WITHIN_MS = 10_000;

/** Waits for a condition, and says which one did not come true. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { message: what, timeout: WITHIN_MS, interval: 10 }).toBe(true);
}

/** A key as pairing gives it. */
export function machineKey(name: string): string {
  return `ccr1.${name}.${randomBytes(32).toString("base64url")}.${createHash("sha256").update(name).digest("base64url")}`;
}

/** A running `ccr-agent start`. */
export class AgentProcess {
  output = "";
  readonly child: ChildProcess;
  /** The exit status, or the name of the signal. */
  readonly exited: Promise<number | string>;

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    this.exited = new Promise((done) => {
      child.once("close", (code, signal) => done(code ?? String(signal)));
    });
  }

  async says(words: string): Promise<void> {
    await until(`the agent says "${words}"; it said:\n${this.output}`, () => this.output.includes(words));
  }

  async kill(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return await this.exited;
  }
}

/** A terminal that is attached as `run` does it, and answers orders as the test says. */
export class TestTerminal {
  readonly orders: Order[] = [];
  attached = false;
  refused: string | null = null;
  /** What it shows to whoever looks. */
  screen = "$ make\nok";
  readonly client: ControlClient;

  private constructor(client: ControlClient) {
    this.client = client;
  }

  /**
   * @param pid the program's process; this one, where it does not matter.
   * @param answers answers `typed` at once; else the test answers.
   */
  static async attach(
    home: AgentHome,
    sessionId: string,
    { pid = process.pid, answers = true, label = "api" } = {},
  ): Promise<TestTerminal> {
    const connected = await ControlClient.connect(home.socket);
    if (connected.status === "absent") throw new Error(connected.reason);
    const terminal = new TestTerminal(connected.client);
    terminal.client.onOrder((order) => {
      terminal.orders.push(order);
      if (!answers) return;
      const { requestId } = order;
      if (order.type === "screen")
        terminal.client.send({ type: "done", requestId, status: "screen", text: terminal.screen });
      else terminal.client.send({ type: "done", requestId, status: "typed" });
    });
    terminal.client.onAttached(() => {
      terminal.attached = true;
    });
    terminal.client.onError((error) => {
      terminal.refused = error;
    });
    terminal.client.send({ type: "attach", sessionId, label, program: "sh", pid, claim: 5_000 });
    await until("the daemon answers the attach", () => terminal.attached || terminal.refused !== null);
    return terminal;
  }

  /** What was ordered to be typed, in order. */
  get typed(): string[] {
    return this.orders.flatMap((order) => (order.type === "type" ? [order.text] : []));
  }
}

/** The folders of one agent, and what runs in them. */
export class AgentHome {
  readonly folder = mkdtempSync(join(tmpdir(), "ccr-agent-"));
  readonly #processes: AgentProcess[] = [];

  get env(): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, "config"),
      XDG_STATE_HOME: join(this.folder, "state"),
    };
  }

  get configFile(): string {
    return join(this.folder, "config/ccr-agent/config.json");
  }

  get stateFolder(): string {
    return join(this.folder, "state/ccr-agent");
  }

  get socket(): string {
    return join(this.stateFolder, "agent.sock");
  }

  /** Writes a configuration as pairing does. */
  configure(url: string, more: Record<string, unknown> = {}): void {
    mkdirSync(join(this.folder, "config/ccr-agent"), { recursive: true, mode: 0o700 });
    const config = { url, machineId: "devbox", key: machineKey("devbox"), osId: osIdHash(), ...more };
    writeFileSync(this.configFile, JSON.stringify(config), { mode: 0o600 });
    chmodSync(this.configFile, 0o600);
  }

  /** What `ccr-agent pair` leaves there while it waits for its answer. */
  beginPairing(): void {
    writeFileSync(join(this.folder, "config/ccr-agent/pairing.json"), "{}", { mode: 0o600 });
  }

  /** Starts the daemon. */
  start(env: Record<string, string> = {}): AgentProcess {
    const child = spawn(process.execPath, [MAIN, "start"], {
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const agent = new AgentProcess(child);
    this.#processes.push(agent);
    return agent;
  }

  /** Starts the daemon, and waits until it is connected. */
  async online(): Promise<AgentProcess> {
    const agent = this.start();
    await agent.says("online: devbox");
    return agent;
  }

  /** Runs a short command to its end. */
  async run(
    args: readonly string[],
    { env = {}, input = "" }: { env?: Record<string, string>; input?: string } = {},
  ): Promise<{ status: number | string; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { ...this.env, ...env }, stdio: "pipe" });
    child.stdin.end(input);
    const closed = new Promise<number | string>((done) => {
      child.once("close", (code, signal) => done(code ?? String(signal)));
    });
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { status, stdout, stderr };
  }

  async remove(): Promise<void> {
    for (const agent of this.#processes) {
      if (agent.child.exitCode === null && agent.child.signalCode === null) await agent.kill("SIGKILL");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
