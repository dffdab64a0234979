import { join } from "node:path";
import { Router } from "../home/router.ts";
import { Machine } from "./machine.ts";
import { pairThroughChat } from "./pairing.ts";
import type { Secrets } from "./secrets.ts";
import { TelegramStandIn } from "./telegram/telegram-stand-in.ts";

export const BOT_USERNAME = "ccr_demo_bot";

export interface StackOptions {
  folder: string;
  secrets: Secrets;
  /** Who may command, by Telegram user id; the first one pairs. */
  userIds: readonly [number, ...number[]];
  machines: readonly string[];
  /** The built Worker; built where it is missing. */
  scriptPath?: string;
  routerPort?: number;
  onProgress?: (line: string) => void;
}

/** Everything that works together, on one machine: the stand-in for Telegram, the router, the machines. */
export class Stack {
  readonly telegram: TelegramStandIn;
  readonly router: Router;
  readonly userId: number;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #secrets: Secrets;

  private constructor(
    telegram: TelegramStandIn,
    router: Router,
    machines: ReadonlyMap<string, Machine>,
    { userIds, secrets }: StackOptions,
  ) {
    this.telegram = telegram;
    this.router = router;
    this.userId = userIds[0];
    this.#machines = machines;
    this.#secrets = secrets;
  }

  /** Starts Telegram and the router, tells the one of the other, and makes the machines. No agent runs yet. */
  static async start(options: StackOptions): Promise<Stack> {
    const { folder, secrets, onProgress = () => {} } = options;
    onProgress("stand-in for Telegram");
    const telegram = await TelegramStandIn.start({
      token: secrets.botToken,
      username: BOT_USERNAME,
      persist: join(folder, "telegram"),
    });
    let router: Router | undefined;
    try {
      onProgress("the router, in Cloudflare's runtime");
      router = await Router.start({
        folder: join(folder, "router"),
        bindings: bindingsFor(options, telegram.url),
        ...(options.scriptPath === undefined ? {} : { scriptPath: options.scriptPath }),
        ...(options.routerPort === undefined ? {} : { port: options.routerPort }),
      });
      const machines = new Map<string, Machine>();
      for (const name of options.machines) {
        machines.set(name, await Machine.create({ name, folder: join(folder, name), routerUrl: router.url }));
      }
      const stack = new Stack(telegram, router, machines, options);
      await setWebhook(stack.telegram.url, stack.webhookUrl, secrets);
      return stack;
    } catch (error) {
      await router?.stop();
      await telegram.stop();
      throw error;
    }
  }

  get machines(): Machine[] {
    return [...this.#machines.values()];
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no machine ${name} here`);
    return machine;
  }

  /** Where Telegram posts updates; it holds the path secret. */
  get webhookUrl(): string {
    return `${this.router.url}/webhook/telegram/${this.#secrets.webhookPathSecret}`;
  }

  /** Pairs a machine through the chat. */
  async pair(name: string): Promise<void> {
    await pairThroughChat(this.telegram, this.userId, this.machine(name));
  }

  /** Stops all; what it stored stays in the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.stopAgent("SIGTERM")));
    await this.router.stop();
    await this.telegram.stop();
  }
}

/** Has the stand-in for Telegram deliver to `url`, as the Bot API is asked for it. */
export async function setWebhook(telegramUrl: string, url: string, secrets: Secrets): Promise<void> {
  const response = await fetch(`${telegramUrl}/bot${secrets.botToken}/setWebhook`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url, secret_token: secrets.webhookSecret }),
  });
  if (!response.ok) throw new Error(`setWebhook: ${response.status} ${await response.text()}`);
}

/** What the Worker is configured with beside a stand-in for Telegram, by the names in wrangler.toml. */
export function bindingsFor(
  { secrets, userIds }: Pick<StackOptions, "secrets" | "userIds">,
  telegramUrl: string,
): Record<string, string> {
  return {
    TELEGRAM_API_ROOT: telegramUrl,
    TELEGRAM_BOT_USERNAME: BOT_USERNAME,
    TELEGRAM_BOT_TOKEN: secrets.botToken,
    TELEGRAM_WEBHOOK_SECRET: secrets.webhookSecret,
    TELEGRAM_WEBHOOK_PATH_SECRET: secrets.webhookPathSecret,
    MACHINE_KEY_SECRET: secrets.machineKeySecret,
    ALLOWED_USER_IDS: userIds.join(","),
  };
}
