import { type ChildProcess, execFile, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { until } from "../../agent/until.ts";
import { cutTail, garble, garbleTail } from "../agent/torn-log.ts";
import type { MachineId } from "./cast.ts";
import type { Tear } from "./plan.ts";

const CLOCK = fileURLToPath(new URL("shifted-clock.ts", import.meta.url));
const SMALL_DISK = fileURLToPath(new URL("../agent/fixtures/small-disk.ts", import.meta.url));
/** So many bytes at the end of the journal read as something else. */
const GARBLED = 2_000;
/** Of SQLite, where nobody says otherwise. */
const PAGE = 4_096;
const SIZE = { columns: 90, rows: 24 };

/** A machine that things happen to: its agent can be stopped, killed, robbed of its journal and of its clock. */
export class ChaosMachine {
  readonly name: MachineId;
  readonly folder: string;
  readonly #main: string;
  readonly #environment: Record<string, string>;
  #agent: RecordedTerminal | undefined;
  #hours = 0;
  #outdated = false;

  /**
   * @param folder its path must be short: sockets lie in it
   * @param agentFolder the agent's code, `agent/` or a copy of it
   */
  constructor(name: MachineId, folder: string, routerUrl: string, agentFolder: string) {
    this.name = name;
    this.folder = folder;
    this.#main = join(agentFolder, "main.ts");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#environment = {
      ...inherited(),
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_STATE_HOME: folder,
      CCR_WORKER_URL: routerUrl,
      CHAOS_CLOCK: join(folder, "clock"),
      SMALL_DISK: join(folder, "full"),
    };
  }

  /** Where journal and outbox lie. */
  get database(): string {
    return join(this.folder, "ccr-agent", "agent.db");
  }

  /** Whether the router may know of ends that this machine's journal does not: of another agent, or torn off. */
  get outdated(): boolean {
    return this.#outdated;
  }

  async command(...args: string[]): Promise<{ status: number; stderr: string }> {
    return new Promise((resolve) => {
      const options = { env: this.#environment };
      execFile(process.execPath, [...QUIET, this.#main, ...args], options, (error, _stdout, stderr) => {
        resolve({ status: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stderr });
      });
    });
  }

  /** A hook of a program like Claude Code, whose process this is; the event goes to its standard input. */
  hook(event: string, programPid: number): ChildProcess {
    const entry = join(dirname(this.#main), "claude", "hook-entry.ts");
    const socket = join(this.folder, "ccr-agent", "agent.sock");
    return spawn(process.execPath, [...QUIET, entry, socket, event, String(programPid)], {
      env: { ...this.#environment, CLAUDE_CODE_ENTRYPOINT: "cli", TMUX: "", TMUX_PANE: "", NVIM: "" },
      stdio: ["pipe", "pipe", "ignore"],
    });
  }

  startAgent(): void {
    if (this.#agent !== undefined && !this.#agent.ended) return;
    const options = {
      file: process.execPath,
      args: [...QUIET, "--import", CLOCK, "--import", SMALL_DISK, this.#main, "start"],
      environment: this.#environment,
      size: SIZE,
    };
    this.#agent = new RecordedTerminal(options, (text) => appendFileSync(join(this.folder, "agent.log"), text));
  }

  async online(): Promise<void> {
    await until(`the agent of ${this.name} to be online`, () => / online: /.test(this.log()), {
      details: () => this.log(),
    });
  }

  async killAgent(): Promise<void> {
    await this.#agent?.end("SIGKILL");
  }

  /** What the agent has logged since it was last started. */
  log(): string {
    return this.#agent?.output() ?? "";
  }

  signalAgent(signal: NodeJS.Signals): void {
    if (this.#agent !== undefined && !this.#agent.ended) process.kill(this.#agent.pid, signal);
  }

  /** Sets the wall clock of this machine by so many hours. */
  shiftClock(hours: number): void {
    this.#hours += hours;
    writeFileSync(join(this.folder, "clock"), String(this.#hours * 3_600_000));
  }

  /** The disk was replaced: the agent, which must not run, begins anew. */
  loseJournal(): void {
    for (const ending of ["", "-wal", "-shm", ".typings"]) rmSync(this.database + ending, { force: true });
  }

  /** The disk has not kept the journal of the agent, which must not run. One that is `damaged` will be refused. */
  tearJournal(how: Tear, frames: number): void {
    this.#outdated = true;
    if (!existsSync(this.database)) return;
    const log = `${this.database}-wal`;
    if (how === "damaged") return damage(this.database);
    if (!existsSync(log)) return;
    if (how === "cut") cutTail(log, frames);
    else garbleTail(log, GARBLED);
  }

  fillDisk(): void {
    writeFileSync(join(this.folder, "full"), "nothing");
  }

  makeRoom(): void {
    rmSync(join(this.folder, "full"), { force: true });
  }

  /**
   * Starts the agent where it has ended. A journal that it refuses as damaged is moved away, as its message says.
   *
   * @returns whether that was so
   */
  async reviveAgent(): Promise<boolean> {
    this.startAgent();
    const begun = (): boolean => this.#agent?.ended === true || / (?:online|offline): /.test(this.log());
    await until(`the agent of ${this.name} to begin`, begun, { withinMs: BEGUN_WITHIN_MS, details: () => this.log() });
    if (this.#agent?.ended !== true || !this.log().includes("the file is damaged")) return false;
    this.loseJournal();
    this.startAgent();
    return true;
  }

  /** For a while another agent runs with this machine's key, and a state of its own: the router lets go of the first. */
  async usurp(ms: number): Promise<void> {
    this.#outdated = true;
    const usurper = new RecordedTerminal({
      file: process.execPath,
      args: [...QUIET, this.#main, "start"],
      environment: { ...this.#environment, XDG_STATE_HOME: join(this.folder, "u") },
      size: SIZE,
    });
    await until(`another agent of ${this.name}`, () => usurper.ended || / (?:online|offline): /.test(usurper.output()));
    await pause(ms);
    await usurper.end("SIGKILL");
    // The first one may not have come so far as to be replaced.
    await this.killAgent();
  }

  run(sessionId: string, command: readonly string[]): RecordedTerminal {
    const args = [
      ...QUIET,
      "--import",
      CLOCK,
      this.#main,
      "run",
      "--label",
      sessionId,
      "--session",
      sessionId,
      "--",
      ...command,
    ];
    return new RecordedTerminal({ file: process.execPath, args, environment: this.#environment, size: SIZE });
  }
}

/** A connection that is neither made nor refused is given up after some seconds. */
const BEGUN_WITHIN_MS = 60_000;

const QUIET = ["--disable-warning=ExperimentalWarning"];

/** The second page holds a table. */
function damage(path: string): void {
  const database = new DatabaseSync(path);
  // Else the page is read from the log.
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  garble(path, PAGE, PAGE);
}

function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("CCR_") && name !== "NODE_OPTIONS");
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""])), TERM: "xterm-256color" };
}
