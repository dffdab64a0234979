import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Patch } from "./patched.ts";

/**
 * Where exactly a command's way is cut: before this line of the built Worker, or of the agent's code. `holding` is what
 * stands instead of a line that is not to be stopped each time, or where the boundary lies behind it.
 */
const WORKER_POINTS = {
  "the id is stored": "await this.#handOn(asked.name, at, now);",
  "it is queued and sent": "for (const [name, answer] of answers) this.#conclude(name, answer);",
  "the result has come": "const why = said ?? null;",
  "the session has the result, and the machine has its row": {
    line: "(session) => session.results(reporter, results)",
    holding: (hold: string): string => `async (session) => { await session.results(reporter, results); ${hold} }`,
  },
  "the result is stored, and not acknowledged":
    'this.#context.link.say(socket, { type: "resultStored", id: frame.id });',
  "one that waited has gone out as the window opened": {
    line: "return this.#goOn(socket, this.#context.link.left(socket, attachment, frame.id));",
    holding: (hold: string): string =>
      `{ const left = this.#context.link.left(socket, attachment, frame.id); await this.#goOn(socket, left);
         const now = this.#context.link.current(socket);
         if (now?.window.some((id) => !left.window.includes(id))) ${hold} return; }`,
  },
  "what waited has gone out on a hello": {
    line: "await this.#goOn(socket, live);",
    holding: (hold: string): string =>
      `await this.#goOn(socket, live); if (this.#context.link.current(socket)?.window.length > 0) ${hold}`,
  },
  "Telegram has said 200 to a message": 'if (told.status === "later") return this.#stores.outbox.again(seq, told.at);',
  "Telegram has said 200 to a receipt": "const current = this.#stores.commands.get(command.name);",
  "Telegram has said 200 to what waits": 'if (told.status === "later") return this.#again(chatId, told.at);',
  "the machine has a new text, and the session has the old one": "if (edited) this.#parts.stores",
  "the machine has cancelled, and the session has not": "for (const { id, status } of answers) {",
  "the session has moved here, and this machine does not know it": {
    line: "!await this.#index(session)",
    holding: (hold: string): string => `!await (async () => { ${hold} return this.#index(session); })()`,
  },
  "the machine has heard that the session left, and that is not noted":
    "this.#context.stores.strikes.done(strike.machineId);",
} as const;

const TYPIST = "agent/session/typist.ts";
const AGENT_POINTS = {
  "the command has come": { file: TYPIST, line: "const entry = this.#around.journal.receive(command);" },
  "it is journaled, and not acknowledged": {
    file: TYPIST,
    line: 'this.#around.tell({ type: "journaled", id: command.id });',
  },
  "it is noted that it is typed, before the first byte": {
    file: TYPIST,
    line: 'const done =\n      command.kind === "key"',
  },
  "the order to type is out, and nothing is known of it": {
    file: "agent/control/remote-terminal.ts",
    line: 'else if (!this.#line.send(order)) settle({ type: "done", requestId, status: "failed", reason: TOO_LONG });',
  },
  "the last byte is typed, and not noted": { file: TYPIST, line: 'switch (done.status) {\n      case "typed":' },
  "its end is noted, and not told": { file: TYPIST, line: "const { sessionId, outcome, error } = entry.result;" },
  "the result is acknowledged, and that is not noted": {
    file: TYPIST,
    line: "this.#journaling(() => this.#around.journal.confirm(id));",
  },
  "the router has taken what a program says, and that is not noted": {
    file: "agent/router/outbox-sender.ts",
    line: 'if (verdict.do === "give up") this.#giveUp(sessionId, row, verdict.error);',
  },
} as const;

export type CrashPoint = keyof typeof WORKER_POINTS | keyof typeof AGENT_POINTS;
export const CRASH_POINTS = {
  worker: keysOf(WORKER_POINTS),
  agent: keysOf(AGENT_POINTS),
};

/** A command that comes to no such point within this is not waited for. */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 2;

/**
 * Holds the runtime or the agent exactly at a point on a command's way, for it to be killed there. The code that stops
 * there is put into copies: the Worker asks here and waits for an answer, the agent stops itself.
 */
export class CrashPoints {
  /** Where somebody was held. */
  readonly held = new Set<CrashPoint>();
  readonly #folder = mkdtempSync(join(tmpdir(), "ccr-points-"));
  readonly #server: Server;
  readonly #armed = new Map<string, { reached: Promise<void>; reach: () => void }>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const armed = this.#armed.get(decodeURIComponent(request.url?.slice(1) ?? ""));
      // Who is held hears nothing more: it is about to be killed.
      if (armed === undefined) response.end();
      else armed.reach();
    });
  }

  static async start(): Promise<CrashPoints> {
    const points = new CrashPoints();
    await new Promise<void>((resolve) => points.#server.listen(0, "127.0.0.1", resolve));
    return points;
  }

  get workerPatches(): Patch[] {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the crash points do not listen");
    return keysOf(WORKER_POINTS).map((point) => {
      const at: string | { line: string; holding: (hold: string) => string } = WORKER_POINTS[point];
      const url = `http://127.0.0.1:${address.port}/${encodeURIComponent(point)}`;
      const hold = `await fetch("${url}").then((held) => held.text()).catch(() => {});\n`;
      return typeof at === "string"
        ? { find: at, replace: `${hold}${at}` }
        : { find: at.line, replace: at.holding(hold) };
    });
  }

  get agentPatches(): Patch[] {
    return keysOf(AGENT_POINTS).map((point) => {
      const { file, line } = AGENT_POINTS[point];
      const armed = JSON.stringify(this.#fileOf(point));
      const stop = `{ const fs = process.getBuiltinModule("node:fs"); if (fs.existsSync(${armed})) { fs.renameSync(${armed}, ${armed} + ".held"); process.kill(process.pid, "SIGSTOP"); } }`;
      // What follows an `else` has to stay behind it.
      return line.startsWith("else ")
        ? { file, find: line, replace: `${line}\n      ${stop}` }
        : { file, find: line, replace: `${stop}\n    ${line}` };
    });
  }

  /** Resolves when somebody is held at this point. */
  async reached(point: CrashPoint): Promise<void> {
    const known = this.#armed.get(point);
    if (known !== undefined) return known.reached;
    const file = this.#fileOf(point);
    const { promise, resolve } = Promise.withResolvers<void>();
    const reach = (): void => {
      this.held.add(point);
      resolve();
    };
    this.#armed.set(point, { reached: promise, reach });
    writeFileSync(file, "");
    const look = setInterval(() => existsSync(`${file}.held`) && reach(), LOOK_EVERY_MS);
    const patience = setTimeout(resolve, PATIENCE_MS);
    await promise;
    clearInterval(look);
    clearTimeout(patience);
    this.#armed.delete(point);
    for (const left of [file, `${file}.held`]) rmSync(left, { force: true });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #fileOf(point: string): string {
    return join(this.#folder, point.replaceAll(/\W/g, "-"));
  }
}

/** Whether this names a point, and not something that passes on the wire. */
export function isCrashPoint(name: string): name is CrashPoint {
  return Object.hasOwn(WORKER_POINTS, name) || Object.hasOwn(AGENT_POINTS, name);
}

function keysOf<Key extends string>(of: Readonly<Record<Key, unknown>>): Key[] {
  const isKey = (name: string): name is Key => Object.hasOwn(of, name);
  return Object.keys(of).filter(isKey);
}
