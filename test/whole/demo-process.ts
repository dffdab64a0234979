import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { WebSocket } from "ws";
import { FromServer } from "../../agent/demo/page/feed.ts";
import type { FromPage, ShownMachine, ShownMessage } from "../../agent/demo/page/feed.ts";
import { until } from "../../agent/until.ts";

const MAIN = fileURLToPath(new URL("../../agent/demo/main.ts", import.meta.url));

/** `npm start` as a process of its own, as a person runs it. */
export class DemoProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = "";

  constructor(...args: string[]) {
    // A group of its own, so that a signal can be sent to all of it, as a terminal's Ctrl-C is.
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], { detached: true });
    this.exited = once(this.child, "exit").then(() => this.child.exitCode);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
  }

  /** The page's address, once it is printed. */
  async url(): Promise<string> {
    return await until("the page's address", () => /Open (http:\S+)/.exec(this.output)?.[1], {
      withinMs: 40_000,
      details: () => this.output,
    });
  }

  /** Ctrl-C in the terminal: the signal goes to every process of the group. Resolves with the exit status. */
  async interrupt(): Promise<number | null> {
    process.kill(-this.#pid, "SIGINT");
    return await this.exited;
  }

  /** Ends it without any chance to clean up. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  /** Every process that this one has started, and theirs. */
  descendants(): number[] {
    const parents = new Map(
      execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number))
        .map(([pid = 0, parent = 0]) => [pid, parent] as const),
    );
    const isOurs = (pid: number): boolean => {
      const parent = parents.get(pid);
      return parent !== undefined && (parent === this.#pid || isOurs(parent));
    };
    return [...parents.keys()].filter(isOurs);
  }

  get #pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error("the demo did not start");
    return pid;
  }
}

/** Those of these processes that still run. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a page is told, and can say, without a browser. */
export class PageFeed {
  messages: ShownMessage[] = [];
  machines: ShownMachine[] = [];
  toasts: string[] = [];
  readonly #screens = new Map<string, string>();
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.#hear(v.parse(v.pipe(v.string(), v.parseJson(), FromServer), Buffer.isBuffer(data) ? data.toString() : ""));
    });
  }

  static async open(url: string): Promise<PageFeed> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/feed`);
    const feed = new PageFeed(socket);
    await once(socket, "open");
    return feed;
  }

  say(message: FromPage): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.terminate();
  }

  /** What a machine's terminal has written. */
  screen(machine: string): string {
    return this.#screens.get(machine) ?? "";
  }

  power(machine: string): string | undefined {
    return this.machines.find(({ name }) => name === machine)?.power;
  }

  async waitFor<Found>(what: string, look: () => Found | undefined | false): Promise<Found> {
    return await until(what, look, {
      withinMs: 25_000,
      details: () =>
        [
          ...this.messages.slice(-8).map(({ mine, text }) => `${mine ? "person" : "bot"}: ${text}`),
          ...this.toasts.map((text) => `toast: ${text}`),
          ...this.machines.map(({ name, power }) => `${name} ${power}`),
        ].join("\n"),
    });
  }

  /** The newest message of a machine's session that holds this text. */
  async message(machine: string, text: string): Promise<ShownMessage> {
    return await this.waitFor(`"${text}" from ${machine}`, () =>
      this.messages.findLast((one) => one.machine === machine && one.text.includes(text)),
    );
  }

  #hear(message: FromServer): void {
    if (message.type === "chat") this.messages = message.messages;
    else if (message.type === "machines") this.machines = message.machines;
    else if (message.type === "screen") this.#screens.set(message.machine, message.data);
    else if (message.type === "output") this.#screens.set(message.machine, this.screen(message.machine) + message.data);
    else if (message.type !== "welcome") this.toasts.push(message.text);
  }
}
