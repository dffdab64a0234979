import { rmSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import * as v from "valibot";
import { until } from "./until.ts";

const Report = v.object({
  event: v.string(),
  input: v.looseObject({ session_id: v.string(), hook_event_name: v.string() }),
  env: v.record(v.string(), v.string()),
  pid: v.number(),
  parentPid: v.number(),
});

/** One run of a hook, as it came. */
export type HookCall = v.InferOutput<typeof Report> & {
  /** The hook's process is gone: it was answered, or the CLI killed it. */
  ended: boolean;
};

/** What a hook prints: undefined for nothing at all. A promise holds the hook open. */
export type HookAnswer = (call: HookCall) => object | undefined | Promise<object | undefined>;

/** The events of the CLI that are recorded. */
export const EVENTS = [
  "SessionStart",
  "SessionEnd",
  "UserPromptSubmit",
  "UserPromptExpansion",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PermissionRequest",
  "PermissionDenied",
  "Notification",
  "Stop",
  "StopFailure",
  "SubagentStart",
  "SubagentStop",
] as const;
export type EventName = (typeof EVENTS)[number];

const SCRIPT = join(import.meta.dirname, "recorder-hook.ts");

/** Hooks that tell this process what the CLI delivered to them, and print what the test says. */
export class HookRecorder {
  readonly calls: HookCall[] = [];
  readonly #server: Server;
  readonly #path: string;
  readonly #answers = new Map<string, HookAnswer>();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    server.on("connection", (socket) => this.#take(socket));
  }

  /** @param folder where its socket lies: short, since a socket's path is at most 103 bytes. */
  static async start(folder: string): Promise<HookRecorder> {
    const path = join(folder, "hooks.sock");
    rmSync(path, { force: true });
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return new HookRecorder(server, path);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** The part of Claude Code's settings that installs it. */
  settings(): { hooks: Record<string, object[]> } {
    const entry = (event: string): object => {
      const args = [SCRIPT, event, this.#path];
      return { hooks: [{ type: "command", command: process.execPath, args, timeout: 600 }] };
    };
    return { hooks: Object.fromEntries(EVENTS.map((event) => [event, [entry(event)]])) };
  }

  /** What the hook of an event answers from now on. */
  answer(event: EventName, answer: HookAnswer): void {
    this.#answers.set(event, answer);
  }

  of(event: EventName): HookCall[] {
    return this.calls.filter((call) => call.event === event);
  }

  /** The first call of an event that fits, once it has come. */
  async saw(event: EventName, fits: (call: HookCall) => boolean = () => true): Promise<HookCall> {
    const find = (): HookCall | undefined => this.of(event).find(fits);
    const seen = (): string => this.calls.map((call) => call.event).join(", ");
    await until(`a ${event} hook came that fits; these came: ${seen()}`, () => find() !== undefined);
    const call = find();
    if (call === undefined) throw new Error("it came and went");
    return call;
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    let text = "";
    let call: HookCall | undefined;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!text.endsWith("\n") || call !== undefined) return;
      call = { ...v.parse(v.pipe(v.string(), v.parseJson(), Report), text), ended: false };
      this.calls.push(call);
      void this.#reply(socket, call);
    });
    // A hook that is killed resets its connection; "close" follows.
    socket.on("error", () => {});
    const over = (): void => {
      if (call !== undefined) call.ended = true;
    };
    socket.on("end", over);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      over();
    });
  }

  async #reply(socket: Socket, call: HookCall): Promise<void> {
    const printed = await this.#answers.get(call.event)?.(call);
    socket.end(printed === undefined ? "" : JSON.stringify(printed));
  }
}
