import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { MACHINES, SESSION_NAMES } from "./cast.ts";
import type { SessionName } from "./cast.ts";
import type { ChaosMachine } from "./chaos-machine.ts";
import type { Line } from "./history.ts";

/** Writes each line that it reads into a file, after the time in nanoseconds. */
const RECORD = 'echo reading; while IFS= read -r line; do printf "%s %s\\n" "$(date +%s%N)" "$line" >>"$0"; done';

interface Running {
  machine: ChaosMachine;
  terminal: RecordedTerminal;
}

/** The programs in the terminals, one a session, and what each has read. */
export class Terminals {
  readonly #folder: string;
  readonly #running = new Map<SessionName, Running>();
  #starts = 0;

  constructor(folder: string) {
    this.#folder = join(folder, "lines");
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Starts the session's program on a machine. What ran before is the caller's to end. */
  start(session: SessionName, machine: ChaosMachine): RecordedTerminal {
    const name = `${session} ${machine.name} ${++this.#starts}`;
    const terminal = machine.run(session, ["sh", "-c", RECORD, join(this.#folder, name)]);
    this.#running.set(session, { machine, terminal });
    return terminal;
  }

  of(session: SessionName): Running {
    const running = this.#running.get(session);
    if (running === undefined) throw new Error(`${session} was never started`);
    return running;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ terminal }) => terminal.end("SIGKILL")));
  }

  /** All that was read so far. */
  lines(): Line[] {
    return readdirSync(this.#folder).flatMap((file) => {
      const [session, machine] = file.split(" ");
      const name = SESSION_NAMES.find((one) => one === session);
      const on = MACHINES.find((one) => one === machine);
      if (name === undefined || on === undefined) throw new Error(`whose lines are in ${file}?`);
      return readFileSync(join(this.#folder, file), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          const space = line.indexOf(" ");
          const at = Number(BigInt(line.slice(0, space)) / 1_000_000n);
          return { session: name, machine: on, terminal: file, text: line.slice(space + 1), at };
        });
    });
  }
}
