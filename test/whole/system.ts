import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Machine } from "../../agent/demo/machine.ts";
import type { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { makeSecrets } from "../../agent/demo/secrets.ts";
import type { Secrets } from "../../agent/demo/secrets.ts";
import { Stack } from "../../agent/demo/stack.ts";
import type { StoredMessage } from "../../agent/demo/telegram/message.ts";
import type { TelegramStandIn } from "../../agent/demo/telegram/telegram-stand-in.ts";
import type { Update } from "../../agent/demo/telegram/update.ts";
import { until } from "../../agent/until.ts";
import type { Router } from "../../agent/home/router.ts";
import { builtWorkerPath } from "./built-worker-path.ts";

/** The owner of all machines under test. */
export const OWNER = 1001;

export interface SystemOptions {
  machines: readonly string[];
  /** Who may command besides the owner. */
  others?: readonly number[];
  /** Pair all machines and start their agents; true where it is not said. */
  online?: boolean;
}

/** A session with a program that says back each line it reads, and a message in the chat that a reply can answer. */
export interface Session {
  readonly id: string;
  readonly machine: string;
  readonly terminal: RecordedTerminal;
  readonly message: StoredMessage;
  /** The lines that the program has read, in order. */
  lines(): string[];
}

/** The whole system under test: the built Worker, real agents, real PTYs, the stand-in for Telegram. */
export class System {
  readonly stack: Stack;
  readonly secrets: Secrets;
  readonly folder: string;
  readonly #terminals: RecordedTerminal[] = [];

  constructor(stack: Stack, secrets: Secrets, folder: string) {
    this.stack = stack;
    this.secrets = secrets;
    this.folder = folder;
  }

  get telegram(): TelegramStandIn {
    return this.stack.telegram;
  }

  get router(): Router {
    return this.stack.router;
  }

  machine(name: string): Machine {
    return this.stack.machine(name);
  }

  /** Pairs through the chat, as a person does. */
  async pair(name: string): Promise<void> {
    await this.stack.pair(name);
  }

  /** Starts the agent and waits until the router has taken it. */
  async startAgent(name: string): Promise<void> {
    await this.machine(name).startAgent();
  }

  /** Ends the agent with a signal: SIGKILL where none is named. Its terminals live on. */
  async killAgent(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.machine(name).stopAgent(signal);
  }

  /** Waits until `look` finds something; says on failure what the chat and the agents look like. */
  async waitFor<Found>(
    what: string,
    look: () => Found | undefined | false | Promise<Found | undefined | false>,
    withinMs = 20_000,
  ): Promise<Found> {
    return await until(what, look, { withinMs, details: () => this.#picture() });
  }

  /** `ccr-agent run` on a machine. */
  run(name: string, label: string, command: readonly string[], sessionId?: string): RecordedTerminal {
    const terminal = this.machine(name).run({ label, command, ...(sessionId === undefined ? {} : { sessionId }) });
    this.#terminals.push(terminal);
    return terminal;
  }

  /** Opens a session on a machine whose agent runs, and waits for its first message in the owner's chat. */
  async openSession(name: string, label = "test", id = `session-${name}-${label}`): Promise<Session> {
    const terminal = this.run(name, label, READ_LINES, id);
    await this.waitFor(`the terminal of ${id}`, () => terminal.output().includes("reading"));
    // On another machine this session may have said the same.
    const text = `${id} is ready on ${name}`;
    await this.waitFor(`${id} to be attached`, async () => {
      const { status } = await this.machine(name).command("notify", "--session", id, "--button", "Yes=yes", text);
      return status === 0;
    });
    const message = await this.botMessage(text);
    return { id, machine: name, terminal, message, lines: () => linesReadBy(terminal) };
  }

  /** The newest message of the bot in the owner's chat that holds this text, as soon as there is one. */
  async botMessage(text: string, chatId = OWNER): Promise<StoredMessage> {
    return await this.waitFor(`a message of the bot with "${text}"`, () =>
      this.telegram.messages(chatId).findLast(({ from, text: held = "" }) => from.is_bot && held.includes(text)),
    );
  }

  /** A message as it stands now, with its reactions and its keyboard. */
  now({ message_id: id, chat }: { message_id: number; chat: { id: number } }): StoredMessage | undefined {
    return this.telegram.messages(chat.id).find(({ message_id: one }) => one === id);
  }

  /** Replies to a message as a person; the owner where nobody else is named. */
  reply(message: StoredMessage, text: string, userId = OWNER): Update {
    return this.telegram.send({ chatId: message.chat.id, userId, text, replyTo: message.message_id });
  }

  /** Presses the button with this label. */
  press(message: StoredMessage, label: string, userId = OWNER): Update {
    const buttons = this.now(message)?.reply_markup?.inline_keyboard.flat() ?? [];
    const data = buttons.find(({ text }) => text === label)?.callback_data;
    if (data === undefined) {
      throw new Error(`no button "${label}" stands there; there are: ${buttons.map(({ text }) => text).join(", ")}`);
    }
    return this.telegram.press({ chatId: message.chat.id, userId, messageId: message.message_id, data });
  }

  /** The reactions that the bot has put on what an update brought. */
  reactionsTo(update: Update): string[] {
    const { message } = update;
    return message === undefined ? [] : (this.now(message)?.reactions ?? []);
  }

  /** Ends every process and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.#terminals.map((terminal) => terminal.end("SIGKILL")));
    await this.stack.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #picture(): string {
    const chat = this.telegram
      .messages(OWNER)
      .slice(-12)
      .map(
        ({ from, text = "", reactions }) =>
          `  ${from.is_bot ? "bot" : "person"}: ${text.replaceAll("\n", " | ")} ${reactions.join("")}`,
      );
    const agents = this.stack.machines.map((machine) => `${machine.name}: ${machine.agentLog().slice(-600)}`);
    return ["The chat:", ...chat, ...agents].join("\n");
  }
}

/** Says `reading` once, then each line that it reads; a line of the echo never looks like that. */
const READ_LINES = ["sh", "-c", 'echo reading; while IFS= read -r line; do printf "<<%s>>\\n" "$line"; done'];

function linesReadBy(terminal: RecordedTerminal): string[] {
  return [...terminal.output().matchAll(/<<(.*)>>\r?$/gm)].map(([, line = ""]) => line);
}

/** Starts the whole system in a folder of its own. Whoever starts it stops it. */
export async function startSystem({ machines, others = [], online = true }: SystemOptions): Promise<System> {
  // Short, for the sockets in it.
  const folder = await mkdtemp(join(tmpdir(), "ccr-"));
  const secrets = makeSecrets();
  const stack = await Stack.start({
    folder,
    secrets,
    userIds: [OWNER, ...others],
    machines,
    scriptPath: builtWorkerPath(),
  });
  const system = new System(stack, secrets, folder);
  if (!online) return system;
  try {
    for (const name of machines) await system.pair(name);
    await Promise.all(machines.map((name) => system.startAgent(name)));
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}
