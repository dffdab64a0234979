import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { until } from "../until.ts";
import { buildWorker, compatibilityDate } from "./build-worker.ts";
import { PortOccupied, freePort, isFree } from "./port.ts";
import { FromRuntime } from "./runtime-messages.ts";
import type { RuntimeOptions, ToRuntime } from "./runtime-messages.ts";

export interface RouterOptions {
  /** Where the router keeps everything: `storage/` (the objects' SQLite files), `router.log`, the built Worker. */
  folder: string;
  /** The loopback port; 0 or nothing takes a free one, which the router then keeps over restarts. */
  port?: number;
  /** The Worker's variables and secrets, by the names in wrangler.toml. */
  bindings: Record<string, string>;
  /** The built Worker (one module); where it is missing, it is built into the folder. */
  scriptPath?: string;
}

/**
 * The router on one machine: the Worker with its Durable Objects in the runtime that Cloudflare uses, on loopback.
 * What the objects stored stays in the folder, over `stop`, `kill` and `restart`.
 */
export class Router {
  readonly url: string;
  readonly #options: RuntimeOptions;
  readonly #log: string;
  #runtime: ChildProcess;
  #calls = 0;

  private constructor(url: string, options: RuntimeOptions, log: string, runtime: ChildProcess) {
    this.url = url;
    this.#options = options;
    this.#log = log;
    this.#runtime = runtime;
  }

  /**
   * Resolves once the Worker answers.
   *
   * @throws PortOccupied
   * @throws Error where the Worker does not build or the runtime does not start
   */
  static async start({ folder, port = 0, bindings, scriptPath }: RouterOptions): Promise<Router> {
    await mkdir(folder, { recursive: true });
    const chosen = await freePort(port);
    const options: RuntimeOptions = {
      scriptPath: scriptPath ?? (await buildWorker(join(folder, "worker"))),
      compatibilityDate: await compatibilityDate(),
      port: chosen,
      storage: join(folder, "storage"),
      bindings,
    };
    const log = join(folder, "router.log");
    const runtime = await startRuntime(options, log);
    return new Router(`http://127.0.0.1:${chosen}`, options, log, runtime);
  }

  /** Resolves when the runtime's processes have ended and the port is free. Again is nothing. */
  async stop(): Promise<void> {
    await letGo(this.#runtime);
  }

  /** Ends the runtime as a power cut would: SIGKILL for all its processes at once. Resolves when the port is free. */
  async kill(): Promise<void> {
    const { pid } = this.#runtime;
    if (pid === undefined || hasEnded(this.#runtime)) return;
    const exit = once(this.#runtime, "exit");
    // The runtime leads a process group of its own, workerd is in it.
    process.kill(-pid, "SIGKILL");
    await exit;
    // Its parent's end says nothing of workerd's, which holds the port.
    await until(`port ${this.#options.port} to be free`, () => isFree(this.#options.port));
  }

  /** Starts again on the same port and the same storage, stopping first what still runs. */
  async restart(changes: { scriptPath?: string } = {}): Promise<void> {
    await this.stop();
    if (changes.scriptPath !== undefined) this.#options.scriptPath = changes.scriptPath;
    await freePort(this.#options.port);
    this.#runtime = await startRuntime(this.#options, this.#log);
  }

  /** Takes one Durable Object out of memory, as hibernation does; its sockets stay. */
  async evict(className: "SessionDO" | "MachineDO", name: string): Promise<void> {
    const call = ++this.#calls;
    const reply = answerTo(this.#runtime, (message) => "call" in message && message.call === call);
    send(this.#runtime, { type: "evict", call, className, name });
    const message = await reply;
    if (message.type === "notDone") throw new Error(`${className} ${name} could not be evicted: ${message.message}`);
  }
}

const RUNTIME = fileURLToPath(new URL("runtime.ts", import.meta.url));

async function startRuntime(options: RuntimeOptions, log: string): Promise<ChildProcess> {
  const file = await open(log, "a", 0o600);
  const runtime = fork(RUNTIME, [], {
    // A process group of its own: Ctrl-C in the terminal must not end the router before those who talk to it.
    detached: true,
    stdio: ["ignore", file.fd, file.fd, "ipc"],
    execArgv: [],
  });
  await file.close();
  const reply = answerTo(runtime, ({ type }) => type === "ready" || type === "failed");
  send(runtime, { type: "start", options });
  const message = await reply;
  if (message.type === "ready") return runtime;
  await letGo(runtime);
  if (message.type === "failed" && message.code === "ERR_ADDRESS_IN_USE") throw new PortOccupied(options.port);
  throw new Error(`The runtime did not start (its log is ${log}): ${"message" in message ? message.message : ""}`);
}

/** The runtime disposes of itself when its parent lets go of it. */
async function letGo(runtime: ChildProcess): Promise<void> {
  if (hasEnded(runtime)) return;
  const exit = once(runtime, "exit");
  if (runtime.connected) runtime.disconnect();
  await exit;
}

/** The next message that `wanted` takes; rejects where the runtime ends without one. */
function answerTo(runtime: ChildProcess, wanted: (message: FromRuntime) => boolean): Promise<FromRuntime> {
  return new Promise((resolve, reject) => {
    const listen = (raw: unknown): void => {
      const message = v.parse(FromRuntime, raw);
      if (!wanted(message)) return;
      forget();
      resolve(message);
    };
    const ended = (): void => {
      forget();
      reject(new Error("The runtime's process ended unexpectedly."));
    };
    const forget = (): void => {
      runtime.off("message", listen);
      runtime.off("exit", ended);
    };
    runtime.on("message", listen);
    runtime.once("exit", ended);
  });
}

function send(runtime: ChildProcess, message: ToRuntime): void {
  runtime.send(message);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
