import { randomUUID } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import { type AgentHome, until } from "./agent-home.ts";

/** A hook that waits for its decision. */
export interface WaitingHook {
  /** Whether it still waits. */
  readonly open: boolean;
}

/** Claude Code as the agent knows it: a process, the terminal of a `run` where it is in one, and what its hooks tell. */
export class ClaudeInTerminal {
  readonly sessionId = randomUUID();
  /** Its screen while no dialog is open. */
  readonly box = ["─".repeat(40), "❯\u00a0", "─".repeat(40), "  ? for shortcuts"].join("\n");
  readonly #home: AgentHome;
  readonly #pid: number;
  readonly #env: Readonly<Record<string, string>>;

  constructor(home: AgentHome, pid: number, env: Readonly<Record<string, string>> = {}) {
    this.#home = home;
    this.#pid = pid;
    this.#env = env;
  }

  /** Tells of an event that nobody waits for. Resolves with the agent's answer. */
  async tells(input: Readonly<Record<string, unknown>>): Promise<string> {
    const told = this.#hook(input);
    await until("the agent lets the hook go", () => !told.open);
    return told.heard;
  }

  /** Asks for a permission. Resolves when the agent has it. */
  async asks(input: Readonly<Record<string, unknown>>): Promise<WaitingHook> {
    const asked = this.#hook({ hook_event_name: "PermissionRequest", ...input });
    await until("the agent takes the question", () => asked.heard.includes('"hold"'));
    return asked;
  }

  #hook(input: Readonly<Record<string, unknown>>): Hook {
    const event = { session_id: this.sessionId, cwd: this.#home.folder, ...input };
    const env = { CLAUDE_CODE_ENTRYPOINT: "cli", HOME: this.#home.folder, ...this.#env };
    const line = { type: "hook", requestId: randomUUID(), event: "any", claudePid: this.#pid, env, input: event };
    return new Hook(createConnection(this.#home.socket), JSON.stringify(line));
  }
}

class Hook implements WaitingHook {
  heard = "";

  constructor(socket: Socket, line: string) {
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      this.heard += chunk;
      if (!this.open) socket.end();
    });
    socket.write(`${line}\n`);
  }

  get open(): boolean {
    return !this.heard.includes('"hooked"');
  }
}
