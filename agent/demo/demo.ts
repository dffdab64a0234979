import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AlreadyRunning, lockFolder } from "../daemon/lock.ts";
import { shownMessage } from "./chat-view.ts";
import { NotPaired } from "./machine.ts";
import type { DemoOptions } from "./options.ts";
import type { FromPage, FromServer } from "./page/feed.ts";
import { pagePort } from "./page-port.ts";
import { PageServer } from "./page-server.ts";
import { pairingLine } from "./pairing.ts";
import { keptSecrets } from "./secrets.ts";
import { BOT_USERNAME, Stack } from "./stack.ts";
import type { ChangeEvent } from "./telegram/events.ts";
import { Workplace } from "./workplace.ts";

/** The person in the chat. */
const USER_ID = 5_550_100;

/** Each machine, and what its session is called. */
const MACHINES = { devbox: "api (main)", macbook: "site (draft)" } as const;

/** How many messages the page is told; older ones are history. */
const SHOWN_MESSAGES = 200;

export interface DemoStart extends DemoOptions {
  onProgress?: (line: string) => void;
  /** The built Worker; built where it is missing. */
  scriptPath?: string;
  /** How long the programs pretend to work, a step. */
  stepMs?: number;
}

/** All of `npm start`: two machines, the router, a stand-in for Telegram, and the page that shows them. */
export class Demo {
  readonly #stack: Stack;
  readonly #workplaces: ReadonlyMap<string, Workplace>;
  #page: PageServer | undefined;
  #chatIsStale = false;
  #isUp = false;

  private constructor(stack: Stack, stepMs: number | undefined) {
    this.#stack = stack;
    this.#workplaces = new Map(
      Object.entries(MACHINES).map(([name, label]) => {
        const options = stepMs === undefined ? { label } : { label, stepMs };
        const workplace = new Workplace(stack.machine(name), options, {
          changed: () => this.#tell(this.#machines()),
          output: (data) => this.#tell({ type: "output", machine: name, data }),
          cleared: (data) => this.#tell({ type: "screen", machine: name, data }),
        });
        return [name, workplace];
      }),
    );
  }

  /**
   * Resolves when the page can be used.
   *
   * @returns the page's address, and what stops every process; what is stored stays for the next start
   * @throws Error whose message says what to do, where the folder is in use or a port is taken
   */
  static async start(options: DemoStart): Promise<{ url: string; stop(): Promise<void> }> {
    const { folder, onProgress = () => {}, stepMs } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = lock(folder);
    let demo: Demo | undefined;
    const stop = async (): Promise<void> => {
      await demo?.stop();
      unlock();
    };
    try {
      const port = await pagePort(options.port);
      const stack = await Stack.start({
        folder,
        secrets: await keptSecrets(join(folder, "secrets.json")),
        userIds: [USER_ID],
        machines: Object.keys(MACHINES),
        onProgress,
        ...(options.scriptPath === undefined ? {} : { scriptPath: options.scriptPath }),
      });
      demo = new Demo(stack, stepMs);
      const url = await demo.#open(port, onProgress);
      return { url, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stack.telegram.off("change", this.#onChange);
    await this.#page?.stop();
    this.#page = undefined;
    await Promise.all([...this.#workplaces.values()].map((workplace) => workplace.stop()));
    await this.#stack.stop();
  }

  async #open(port: number, onProgress: (line: string) => void): Promise<string> {
    this.#page = await PageServer.start(port, {
      greet: () => this.#greeting(),
      file: (id) => this.#stack.telegram.file(id),
      obey: (message) => this.#obey(message),
    });
    this.#stack.telegram.on("change", this.#onChange);
    await this.#bringUp(onProgress);
    return this.#page.url;
  }

  async #bringUp(onProgress: (line: string) => void): Promise<void> {
    this.#stack.telegram.introduce({ userId: USER_ID, firstName: "You" });
    for (const { machine } of this.#workplaces.values()) {
      if (await machine.isPaired()) continue;
      onProgress(`pairing ${machine.name} through the chat`);
      await this.#stack.pair(machine.name);
    }
    onProgress(`agents of ${[...this.#workplaces.keys()].join(" and ")}`);
    await Promise.all([...this.#workplaces.values()].map((workplace) => this.#wakeOrPair(workplace)));
    for (const workplace of this.#workplaces.values()) workplace.startProgram();
    this.#isUp = true;
  }

  /** A machine that was unpaired before the last Ctrl-C is paired again: without it there is nothing to try. */
  async #wakeOrPair(workplace: Workplace): Promise<void> {
    try {
      await workplace.wake();
    } catch (error) {
      if (!(error instanceof NotPaired)) throw error;
      await this.#stack.pair(workplace.machine.name);
      await workplace.wake();
    }
  }

  readonly #onChange = (event: ChangeEvent): void => {
    if (!("chatId" in event) || event.chatId !== USER_ID) return;
    if (event.type === "toast") {
      const { text, show_alert: alert } = event.answer;
      if (text !== "") this.#tell({ type: "toast", text, alert });
      return;
    }
    this.#chatChanged();
    if (this.#isUp && event.type === "message" && event.message.from.is_bot) this.#paste(event.message.text ?? "");
  };

  /** Many changes come at once; the page is told the chat once for all of them. */
  #chatChanged(): void {
    if (this.#chatIsStale) return;
    this.#chatIsStale = true;
    setImmediate(() => {
      this.#chatIsStale = false;
      // Once it is stopped, there is no chat to ask for.
      if (this.#page !== undefined) this.#tell(this.#chat());
    });
  }

  /** Who sends `/pair` by hand has no shell on these machines: the demo pastes the line that the bot answers. */
  #paste(text: string): void {
    const line = pairingLine(text);
    const name = line?.code.split("-").slice(0, -2).join("-");
    const workplace = name === undefined ? undefined : this.#workplaces.get(name);
    if (line === undefined || workplace === undefined) return;
    void workplace.machine
      .command("pair", line.url, line.code)
      .then(async ({ status, stderr }) => {
        if (status !== 0) throw new Error(stderr.trim());
        await workplace.wake();
      })
      .catch((error: unknown) => {
        this.#tell({ type: "problem", text: error instanceof Error ? error.message : String(error) });
      });
  }

  #greeting(): FromServer[] {
    return [
      { type: "welcome", bot: { name: "ccr-router", username: BOT_USERNAME } },
      this.#machines(),
      this.#chat(),
      ...[...this.#workplaces].map(([machine, { screen }]) => ({ type: "screen" as const, machine, data: screen })),
    ];
  }

  #machines(): FromServer {
    return { type: "machines", machines: [...this.#workplaces.values()].map(({ shown }) => shown) };
  }

  #tell(message: FromServer): void {
    this.#page?.tell(message);
  }

  #chat(): FromServer {
    const messages = this.#stack.telegram.messages(USER_ID).slice(-SHOWN_MESSAGES);
    return { type: "chat", messages: messages.map((message) => shownMessage(message, [...this.#workplaces.keys()])) };
  }

  async #obey(message: FromPage): Promise<void> {
    const person = { chatId: USER_ID, userId: USER_ID };
    switch (message.type) {
      case "send":
        this.#stack.telegram.send({
          ...person,
          text: message.text,
          ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
        });
        break;
      case "edit":
        this.#stack.telegram.edit({ ...person, messageId: message.messageId, text: message.text });
        break;
      case "press":
        this.#stack.telegram.press({ ...person, messageId: message.messageId, data: message.data });
        break;
      case "key":
        await this.#workplaces.get(message.machine)?.type(message.data);
        break;
      case "resize":
        this.#workplaces.get(message.machine)?.resize(message);
        break;
      case "power":
        await (message.awake
          ? this.#workplaces.get(message.machine)?.wake()
          : this.#workplaces.get(message.machine)?.sleep());
        break;
    }
  }
}

function lock(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    const remedy = "Use its page, stop it with Ctrl-C, or start this one with --folder ANOTHER.";
    throw new Error(`The demo runs already from ${folder}. ${remedy}`, { cause: error });
  }
}
