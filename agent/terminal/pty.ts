import { constants } from "node:os";
import { type IPty, spawn } from "node-pty";
import { errorCode } from "../private-files.ts";
import { tryNow } from "./attempt.ts";
import { WriteQueue, type WriteOptions, type Written } from "./write-queue.ts";

export type WindowSize = { columns: number; rows: number };

/** How a program ended: by itself with `code`, or by a signal (its number; 0 is none). */
export type PtyExit = { code: number; signal: number };

export type PtyOptions = {
  /** An absolute path, or a name to find in PATH. */
  file: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  size: WindowSize;
};

/**
 * A program in a pseudoterminal. Bytes pass as they are, in both directions; `node-pty` alone would decode the output,
 * and would print to our terminal where a write comes too late.
 */
export class Pty {
  readonly pid: number;
  /** The device that the program has as its terminal, `/dev/pts/7` for example. */
  readonly path: string;
  /** Resolves once, when the program ended and its last output has been handed on. */
  readonly exited: Promise<PtyExit>;
  readonly #pty: IPty;
  readonly #input: WriteQueue;
  #ended = false;

  constructor({ file, args, environment, size }: PtyOptions) {
    // "utf8" makes node-pty set IUTF8, without which a backspace erases a byte instead of a character.
    this.#pty = spawn(file, [...args], {
      ...(environment["TERM"] === undefined ? { name: "xterm-256color" } : {}),
      cols: size.columns,
      rows: size.rows,
      cwd: process.cwd(),
      env: { ...environment },
      encoding: "utf8",
    });
    this.pid = this.#pty.pid;
    const { fd, path } = internals(this.#pty);
    this.path = path;
    this.#input = new WriteQueue(tryNow(fd));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#ended = true;
        this.#input.close();
        resolve({ code: exitCode, signal: signal ?? 0 });
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that the program has not taken yet. */
  get waiting(): number {
    return this.#input.bytes;
  }

  onOutput(listener: (bytes: Buffer) => void): void {
    this.#pty.onData((data) => listener(Buffer.from(data, "latin1")));
  }

  /** Writes to the program, whole and in order. */
  write(bytes: string | Uint8Array, options?: WriteOptions): Promise<Written> {
    return this.#input.write(typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes, options);
  }

  resize({ columns, rows }: WindowSize): void {
    if (!this.#ended) this.#pty.resize(columns, rows);
  }

  /** Sends a signal to the program, as `kill PID` would. Does nothing once it ended: its pid may be another's. */
  signal(name: NodeJS.Signals): void {
    if (this.#ended || !isRunning(this.pid)) return;
    process.kill(this.pid, constants.signals[name]);
  }

  /** Stops reading the output, so that a program which writes faster than we can show has to wait. */
  pause(): void {
    this.#pty.pause();
  }

  resume(): void {
    this.#pty.resume();
  }

  /** Whether the process is there. It may be gone while the last of its output still waits to be read. */
  isRunning(): boolean {
    return !this.#ended && isRunning(this.pid);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (errorCode(error) === "EPERM") return true;
    if (errorCode(error) === "ESRCH") return false;
    throw error;
  }
}

/**
 * What node-pty has and its types leave out: the descriptor of the master, the path of the other side, and how output
 * is decoded, which must be Latin-1 from the start: that maps each byte to one character and back.
 */
function internals(pty: IPty): { fd: number; path: string } {
  if (
    !("fd" in pty && typeof pty.fd === "number") ||
    !("ptsName" in pty && typeof pty.ptsName === "string") ||
    !("setEncoding" in pty && typeof pty.setEncoding === "function")
  ) {
    throw new Error("this version of node-pty lacks what ccr-agent needs of it: install the version of the lock file");
  }
  Reflect.apply(pty.setEncoding, pty, ["latin1"]);
  return { fd: pty.fd, path: pty.ptsName };
}
