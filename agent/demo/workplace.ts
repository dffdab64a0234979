import { fileURLToPath } from "node:url";
import type { WindowSize } from "../terminal/pty.ts";
import type { Machine } from "./machine.ts";
import type { ShownMachine } from "./page/feed.ts";
import type { RecordedTerminal } from "./recorded-terminal.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

const ENDED = "\r\n\u001B[2m  The program has ended. Press Enter to start it again.\u001B[0m\r\n";

export interface WorkplaceEvents {
  /** The machine woke, fell asleep, or is about to. */
  changed(): void;
  output(text: string): void;
  /** The terminal begins anew, with this on it. */
  cleared(text: string): void;
}

/** A machine of the demo with its one terminal, as the page shows and works it. */
export class Workplace {
  readonly machine: Machine;
  readonly #label: string;
  readonly #stepMs: number | undefined;
  readonly #events: WorkplaceEvents;
  #power: ShownMachine["power"] = "asleep";
  #terminal: RecordedTerminal | undefined;
  #note = "";
  #size: WindowSize = { columns: 100, rows: 18 };

  constructor(machine: Machine, options: { label: string; stepMs?: number }, events: WorkplaceEvents) {
    this.machine = machine;
    this.#label = options.label;
    this.#stepMs = options.stepMs;
    this.#events = events;
  }

  get shown(): ShownMachine {
    return { name: this.machine.name, label: this.#label, power: this.#power };
  }

  get screen(): string {
    return (this.#terminal?.output() ?? "") + this.#note;
  }

  /** Starts the agent. Rejects where it does not get online; the machine is asleep again then. */
  async wake(): Promise<void> {
    if (this.#power !== "asleep") return;
    this.#become("waking");
    try {
      const agent = await this.machine.startAgent();
      this.#become("awake");
      // It may end by itself: `/unpair` in the chat tells it to.
      void agent.exited.then(() => {
        if (this.#power === "awake") this.#become("asleep");
      });
    } catch (error) {
      await this.machine.stopAgent();
      this.#become("asleep");
      throw error;
    }
  }

  /** Cuts the agent off, as closing the lid of a laptop does. The program and its terminal live on. */
  async sleep(): Promise<void> {
    if (this.#power !== "awake") return;
    this.#become("stopping");
    await this.machine.stopAgent("SIGKILL");
    this.#become("asleep");
  }

  /** Starts the program, where it does not run. */
  startProgram(): void {
    if (this.#terminal !== undefined && !this.#terminal.ended) return;
    const steps = this.#stepMs === undefined ? [] : [String(this.#stepMs)];
    const terminal = this.machine.run({
      label: this.#label,
      // Always the same session, so that messages of an earlier start can still be answered.
      sessionId: `demo-${this.machine.name}`,
      command: [process.execPath, PROGRAM, this.machine.name, ...steps],
      size: this.#size,
      onOutput: (text) => this.#events.output(text),
    });
    this.#terminal = terminal;
    this.#note = "";
    this.#events.cleared("");
    void terminal.exited.then(() => {
      this.#note = ENDED;
      this.#events.output(ENDED);
    });
  }

  /** Types at the terminal itself. */
  async type(text: string): Promise<void> {
    if (this.#terminal?.ended === false) await this.#terminal.write(text);
    else if (text.includes("\r")) this.startProgram();
  }

  resize(size: WindowSize): void {
    this.#size = size;
    this.#terminal?.resize(size);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#terminal?.end(), this.machine.stopAgent("SIGTERM")]);
  }

  #become(power: ShownMachine["power"]): void {
    this.#power = power;
    this.#events.changed();
  }
}
