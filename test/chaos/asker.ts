import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { ASKER } from "./cast.ts";
import type { ChaosMachine } from "./chaos-machine.ts";
import type { Question } from "./history.ts";

/** A program that asks for permissions as Claude Code does: by hooks, each of which waits for its decision. */
export class Asker {
  readonly questions: Question[] = [];
  readonly #machine: ChaosMachine;
  readonly #running = new Set<ChildProcess>();
  /** Its hooks leave when it is gone. */
  #program: ChildProcess | undefined;

  constructor(machine: ChaosMachine) {
    this.#machine = machine;
  }

  /** Asks whether something with this mark may be done. */
  ask(mark: string): void {
    this.#program ??= this.#started(spawn("sh", ["-c", "read -r end"], { stdio: ["pipe", "ignore", "ignore"] }));
    const question: Question = { mark, decision: null };
    this.questions.push(question);
    const hook = this.#started(this.#machine.hook("PermissionRequest", this.#program.pid ?? 0));
    const tool = { tool_name: "Bash", tool_input: { command: `echo ${mark}` }, permission_suggestions: [] };
    const event = {
      session_id: ASKER.session,
      cwd: this.#machine.folder,
      hook_event_name: "PermissionRequest",
      ...tool,
    };
    hook.stdin?.end(JSON.stringify(event));
    if (hook.stdout === null) throw new Error("a hook says its decision");
    void text(hook.stdout).then((decision) => (question.decision = decision === "" ? null : decision));
  }

  async stop(): Promise<void> {
    const ends = [...this.#running].map((child) => once(child, "exit"));
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all(ends);
  }

  #started(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return child;
  }
}
