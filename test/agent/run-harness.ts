import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IPty, spawn } from "node-pty";
import * as v from "valibot";
import { onTestFinished, vi } from "vitest";

/** The file that is `ccr-agent run` as a process. */
export const RUN = join(import.meta.dirname, "fixtures", "run-entry.ts");
const CRASHING = join(import.meta.dirname, "fixtures", "crashing-entry.ts");
const RECORDER = join(import.meta.dirname, "fixtures", "recorder.ts");

/** Long enough for a loaded machine: what is waited for is a condition, never this time. */
export const PATIENCE = { timeout: 15_000, interval: 20 };

/** A folder of the test's own, gone with it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ccr-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A terminal on a desk: what was shown on it, what is typed into it. */
export class Desk {
  readonly pty: IPty;
  readonly ended: Promise<{ exitCode: number; signal?: number }>;
  shown = "";

  constructor(file: string, args: string[], env: Record<string, string>, size = { cols: 80, rows: 24 }) {
    this.pty = spawn(file, args, { ...size, env: { ...environment(), ...env } });
    this.pty.onData((data) => (this.shown += data));
    this.ended = new Promise((resolve) => this.pty.onExit(resolve));
    onTestFinished(async () => {
      this.pty.kill("SIGKILL");
      await this.ended;
    });
  }

  /** Waits until the text, or something that the pattern matches, was shown; returns what was. */
  async shows(expected: string | RegExp): Promise<string> {
    return await vi.waitFor(() => {
      const found =
        typeof expected === "string" ? this.shown.includes(expected) && expected : expected.exec(this.shown)?.[0];
      if (found === false || found === undefined)
        throw new Error(`not shown: ${expected}; shown: ${JSON.stringify(this.shown)}`);
      return found;
    }, PATIENCE);
  }
}

/** `ccr-agent run ARGS` in a terminal; its daemon, if any, has `stateHome` as its XDG_STATE_HOME. */
export function runAtDesk(stateHome: string, args: string[], env: Record<string, string> = {}): Desk {
  return new Desk(process.execPath, [RUN, ...args], { XDG_STATE_HOME: stateHome, ...env });
}

/** A shell with a terminal, in which `run` is started by a line, as a person would. `$RUN` is the command, and `$CRASHING` throws at SIGUSR2. */
export function shellAtDesk(stateHome: string): Desk {
  return new Desk("/bin/bash", ["--norc", "--noediting"], {
    XDG_STATE_HOME: stateHome,
    PS1: "$ ",
    RUN: `${process.execPath} ${RUN}`,
    CRASHING: `${process.execPath} ${CRASHING}`,
  });
}

/** The environment of the tests without what the runner adds to it. */
function environment(): Record<string, string> {
  const { PATH = "", HOME = "", LANG = "C.UTF-8" } = process.env;
  return { PATH, HOME, LANG, TERM: "xterm-256color" };
}

const Read = v.object({ at: v.number(), data: v.string() });

/** What fixtures/recorder.ts has read so far. */
export class Recording {
  readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, "recording");
  }

  /** The command that records, to follow `--`. */
  command(...options: string[]): string[] {
    return [process.execPath, RECORDER, this.file, ...options];
  }

  reads(): { at: number; bytes: Buffer }[] {
    const lines = readFileSync(this.file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => {
      const { at, data } = v.parse(v.pipe(v.string(), v.parseJson(), Read), line);
      return { at, bytes: Buffer.from(data, "base64") };
    });
  }

  bytes(): Buffer {
    return Buffer.concat(this.reads().map(({ bytes }) => bytes));
  }

  /** Waits for a recording that ends so. */
  async endsWith(end: string): Promise<Buffer> {
    return await vi.waitFor(() => {
      const bytes = this.bytes();
      if (!bytes.toString("utf8").endsWith(end))
        throw new Error(`recorded: ${JSON.stringify(bytes.toString("utf8").slice(-200))}`);
      return bytes;
    }, PATIENCE);
  }
}
