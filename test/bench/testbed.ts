import { Agent, request } from "node:http";
import { makeSecrets, type Secrets } from "../../agent/demo/secrets.ts";
import { until } from "../../agent/until.ts";
import { Router } from "../../agent/home/router.ts";
import type { Command } from "../../src/protocol.ts";
import { FastAgent, type Manners } from "./fast-agent.ts";
import { newcomer, descendants } from "./processes.ts";
import type { SentMessage, TelegramSink } from "./telegram-sink.ts";

/** The owner of everything here. */
export const OWNER = 1001;
const BOT_USERNAME = "ccr_bench_bot";

/** A session that can be written to: the bot's message that a person replies to. */
export type Address = SentMessage;

export interface TestbedOptions {
  name: string;
  folder: string;
  scriptPath: string;
  sink: TelegramSink;
  manners: Manners;
}

/** One design in a runtime of its own, with agents that answer at once. */
export class Testbed {
  readonly name: string;
  readonly router: Router;
  readonly secrets: Secrets;
  readonly sink: TelegramSink;
  readonly #manners: Manners;
  readonly #agents: FastAgent[] = [];
  /** Who waits for a command's frame, by its text. */
  readonly #expected = new Map<string, () => void>();
  readonly #connections = new Agent({ keepAlive: true, maxSockets: 64 });
  #pid: number;

  private constructor({ name, sink, manners }: TestbedOptions, router: Router, secrets: Secrets, pid: number) {
    this.name = name;
    this.sink = sink;
    this.#manners = manners;
    this.router = router;
    this.secrets = secrets;
    this.#pid = pid;
  }

  static async start(options: TestbedOptions): Promise<Testbed> {
    const { folder, scriptPath, sink } = options;
    const secrets = makeSecrets();
    const before = descendants("workerd");
    const router = await Router.start({
      folder,
      scriptPath,
      bindings: {
        TELEGRAM_API_ROOT: sink.url,
        TELEGRAM_BOT_USERNAME: BOT_USERNAME,
        TELEGRAM_BOT_TOKEN: secrets.botToken,
        TELEGRAM_WEBHOOK_SECRET: secrets.webhookSecret,
        TELEGRAM_WEBHOOK_PATH_SECRET: secrets.webhookPathSecret,
        MACHINE_KEY_SECRET: secrets.machineKeySecret,
        ALLOWED_USER_IDS: String(OWNER),
      },
    });
    return new Testbed(options, router, secrets, newcomer("workerd", before));
  }

  /** The runtime's process. */
  get pid(): number {
    return this.#pid;
  }

  /** How many results the router has said to have stored. */
  get stored(): number {
    return this.#agents.reduce((sum, { stored }) => sum + stored, 0);
  }

  /** An agent for this machine. `onCommand` hears of each command before anything else happens to it. */
  async connect(
    { id, key, sessions }: { id: string; key: string; sessions: readonly string[] },
    onCommand: (command: Command) => void = () => {},
  ): Promise<void> {
    const url = `${this.router.url.replace("http", "ws")}/ws?machineId=${id}`;
    const hear = (command: Command): void => {
      onCommand(command);
      this.#expected.get(command.command)?.();
    };
    this.#agents.push(await FastAgent.connect({ url, key, sessions, manners: this.#manners, onCommand: hear }));
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.close()));
  }

  /** Runs `change` while the runtime is stopped. */
  async whileStopped(change: () => void): Promise<void> {
    await this.disconnect();
    await this.router.stop();
    change();
    const before = descendants("workerd");
    await this.router.restart();
    this.#pid = newcomer("workerd", before);
  }

  /** A person writes, in reply to a message or on its own. Resolves once the webhook has answered. */
  async write(text: string, to?: Address, messageId = this.sink.nextMessageId()): Promise<number> {
    const status = await this.#post(JSON.stringify(this.#update(text, to, messageId)));
    if (status !== 200) throw new Error(`${this.name}: the webhook answered ${status}`);
    return messageId;
  }

  /** One command. Resolves with the milliseconds from the POST to its frame at the agent, once that is answered too. */
  async command(to: Address, messageId: number): Promise<number> {
    const text = `${messageId}: run the tests again, please`;
    const start = performance.now();
    const arrived = new Promise<number>((resolve) => {
      this.#expected.set(text, () => resolve(performance.now() - start));
    });
    await this.write(text, to, messageId);
    const took = await arrived;
    this.#expected.delete(text);
    return took;
  }

  /** Waits until these commands are over and done with: results stored, and shown on the phone. */
  async isDone(messageIds: readonly number[], storedBefore: number): Promise<void> {
    if (this.#manners === "floor") return;
    await until(
      `${this.name} to be done with ${messageIds.length} commands`,
      () => {
        // The real agent is no agent of this bed: what it was told is not counted here.
        const countsStored = this.#manners === "router" && this.#agents.length > 0;
        const isStored = !countsStored || this.stored - storedBefore >= messageIds.length;
        return isStored && this.sink.done(messageIds) === messageIds.length;
      },
      { withinMs: 60_000 },
    );
  }

  async stop(): Promise<void> {
    await this.disconnect();
    this.#connections.destroy();
    await this.router.stop();
  }

  #update(text: string, to: Address | undefined, messageId: number): unknown {
    const person = { id: OWNER, is_bot: false, first_name: "Ann" };
    const chat = { id: OWNER, type: "private", first_name: "Ann" };
    const date = Math.floor(Date.now() / 1_000);
    const message = { message_id: messageId, date, chat, from: person, text };
    if (to === undefined) return { update_id: messageId, message };
    const bot = { id: Number(this.secrets.botToken.split(":")[0]), is_bot: true, first_name: "Router" };
    const header = { type: "text_link", offset: 0, length: to.text.indexOf("\n"), url: to.link };
    const replied = { message_id: to.messageId, date, chat, from: bot, text: to.text, entities: [header] };
    return { update_id: messageId, message: { ...message, reply_to_message: replied } };
  }

  #post(body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.router.url}/webhook/telegram/${this.secrets.webhookPathSecret}`,
        {
          agent: this.#connections,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            "X-Telegram-Bot-Api-Secret-Token": this.secrets.webhookSecret,
          },
        },
        (response) => {
          response.resume();
          response.once("end", () => resolve(response.statusCode ?? 0));
        },
      );
      sent.once("error", reject);
      sent.end(body);
    });
  }
}
