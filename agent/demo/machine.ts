import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configPath } from "../config.ts";
import { controlSocketPath } from "../control/socket-path.ts";
import type { WindowSize } from "../terminal/pty.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";
import { until } from "../until.ts";

const AGENT = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The least of what systems allow for the path of a Unix socket, in bytes (macOS: 104 with the zero at its end). */
const SOCKET_PATH_BYTES = 103;

const DEFAULT_SIZE: WindowSize = { columns: 90, rows: 24 };

/** The router does not know the machine's key, or not any more. */
export class NotPaired extends Error {
  constructor(name: string) {
    super(`${name} is not paired any more. Send /pair ${name} in the chat.`);
    this.name = "NotPaired";
  }
}

/** What a command of `ccr-agent` came to. */
export interface CommandResult {
  status: number;
  stdout: string;
  stderr: string;
}

/**
 * A machine of its own, as far as `ccr-agent` can tell: its configuration and its state lie in one folder. The agent
 * and the programs are real processes, each in a PTY: they end with this process, however it ends.
 */
export class Machine {
  readonly name: string;
  readonly #environment: Readonly<Record<string, string>>;
  #agent: RecordedTerminal | undefined;

  private constructor(name: string, environment: Readonly<Record<string, string>>) {
    this.name = name;
    this.#environment = environment;
  }

  /**
   * @param folder kept between starts; made where it is missing
   * @param routerUrl where the router listens this time, whatever the pairing wrote down
   * @throws Error where the folder's path is too long for a socket in it
   */
  static async create({
    name,
    folder,
    routerUrl,
  }: {
    name: string;
    folder: string;
    routerUrl: string;
  }): Promise<Machine> {
    const environment = {
      ...inherited(),
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_STATE_HOME: folder,
      CCR_WORKER_URL: routerUrl,
    };
    const socket = controlSocketPath(environment);
    if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES) {
      throw new Error(
        `The path ${socket} is too long for a socket. Choose a shorter folder, --folder /tmp/ccr for example.`,
      );
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Machine(name, environment);
  }

  /** Whether this folder holds a key. Whether the router still takes it is another question. */
  async isPaired(): Promise<boolean> {
    try {
      await access(configPath(this.#environment));
      return true;
    } catch {
      return false;
    }
  }

  /** Runs `ccr-agent` with these arguments to its end. */
  async command(...args: string[]): Promise<CommandResult> {
    return new Promise((resolve) => {
      execFile(process.execPath, [...QUIET, AGENT, ...args], { env: this.#environment }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ status, stdout, stderr });
      });
    });
  }

  /**
   * `ccr-agent start`. Resolves once the router has taken the connection.
   *
   * @throws NotPaired where the router does not know this machine's key
   * @throws Error with what the agent has logged where it does not get online for another reason
   */
  async startAgent(): Promise<RecordedTerminal> {
    const agent = this.launchAgent();
    const said = await until(
      `the agent of ${this.name} to be online`,
      () => agent.ended || / online: | offline: .*\((?:401|403)\)/.exec(agent.output())?.[0],
      { details: () => agent.output() },
    );
    if (typeof said === "string" && said.startsWith(" offline")) throw new NotPaired(this.name);
    if (agent.ended) throw new Error(`The agent of ${this.name} ended:\n${agent.output()}`);
    return agent;
  }

  /** `ccr-agent start`, without waiting for anything. */
  launchAgent(): RecordedTerminal {
    if (this.#agent !== undefined && !this.#agent.ended) throw new Error(`The agent of ${this.name} runs already.`);
    this.#agent = this.#inTerminal(["start"]);
    return this.#agent;
  }

  /** Ends the agent: by default at once, as a closing lid cuts it off. Programs in `run` live on. */
  async stopAgent(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#agent?.end(signal);
  }

  get agentRuns(): boolean {
    return this.#agent !== undefined && !this.#agent.ended;
  }

  /** What the agent has logged since it was last started. */
  agentLog(): string {
    return this.#agent?.output() ?? "";
  }

  /** `ccr-agent run`: a program in a terminal of this machine, as a session that replies can reach. */
  run(options: {
    label: string;
    command: readonly string[];
    sessionId?: string;
    size?: WindowSize;
    onOutput?: (text: string) => void;
  }): RecordedTerminal {
    const session = options.sessionId === undefined ? [] : ["--session", options.sessionId];
    const args = ["run", "--label", options.label, ...session, "--", ...options.command];
    return this.#inTerminal(args, options.size, options.onOutput);
  }

  #inTerminal(args: readonly string[], size = DEFAULT_SIZE, onOutput?: (text: string) => void): RecordedTerminal {
    const options = { file: process.execPath, args: [...QUIET, AGENT, ...args], environment: this.#environment, size };
    return new RecordedTerminal(options, onOutput);
  }
}

/** SQLite in Node says on every start that it is experimental; nobody needs to read it here. */
const QUIET = ["--disable-warning=ExperimentalWarning"];

/** This process's environment, without what would make another session or another agent of it. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("CCR_") && name !== "NODE_OPTIONS");
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""])), TERM: "xterm-256color" };
}
