import { execFile } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import type { ClaudeSettings } from "../../../agent/claude/claude-settings.ts";
import type { StoredMessage } from "../../../agent/demo/telegram/message.ts";
import type { Update } from "../../../agent/demo/telegram/update.ts";
import { OWNER, startSystem, type System } from "../../whole/system.ts";
import { Lab } from "./lab.ts";
import type { Pane } from "./tmux-server.ts";

const execute = promisify(execFile);
const AGENT = fileURLToPath(new URL("../../../agent/main.ts", import.meta.url));

/** The machine that Claude Code runs on in these tests. */
export const MACHINE = "devbox";

/** The whole system with the real Claude Code: the router, an agent, the chat; and a home with our hooks installed. */
export class Phone {
  readonly lab: Lab;
  readonly system: System;

  private constructor(lab: Lab, system: System) {
    this.lab = lab;
    this.system = system;
  }

  /** @param others more machines: whoever runs there has to be told, by `XDG_STATE_HOME`. */
  static async open(...others: readonly string[]): Promise<Phone> {
    const system = await startSystem({ machines: [MACHINE, ...others] });
    onTestFinished(() => system.stop());
    const lab = await Lab.open();
    // The hooks find the agent where HOME says, and the agent of this machine lives elsewhere.
    const state = join(lab.home, ".local/state");
    mkdirSync(dirname(state), { recursive: true });
    symlinkSync(join(system.folder, MACHINE), state);
    rmSync(lab.settingsPath);
    await execute(process.execPath, [AGENT, "hooks", "install"], { env: lab.env });
    return new Phone(lab, system);
  }

  /** The id of the one session of Claude Code on a machine, as soon as there is one that is not `other`. */
  async session(other?: string, machine = MACHINE): Promise<string> {
    return await this.system.waitFor("a session of Claude Code", async () => {
      const { stdout } = await this.system.machine(machine).command("status");
      const ids = [...stdout.matchAll(/\(([0-9a-f]{8}-[0-9a-f-]{27})\) · claude/g)].map(([, id]) => id);
      return ids.find((id) => id !== undefined && id !== other);
    });
  }

  /** Starts Claude Code in tmux. Resolves with its session, and a message of it that a reply can answer. */
  async begin(
    options: Parameters<Lab["start"]>[0] = {},
  ): Promise<{ claude: Pane; id: string; message: StoredMessage }> {
    const claude = await this.lab.start(options);
    const id = await this.session();
    return { claude, id, message: await this.messageOf(id) };
  }

  /** A message of that session that a reply can answer. */
  async messageOf(
    sessionId: string,
    text = `${sessionId} is here`,
    options: readonly string[] = [],
  ): Promise<StoredMessage> {
    await this.system.waitFor("the notification to be taken", async () => {
      const machine = this.system.machine(MACHINE);
      const { status } = await machine.command("notify", "--session", sessionId, ...options, text);
      return status === 0;
    });
    return await this.system.botMessage(text);
  }

  /** Writes what this machine allows from the phone. */
  allow(settings: Partial<ClaudeSettings>): void {
    writeFileSync(join(this.system.folder, MACHINE, "config/ccr-agent/claude.json"), JSON.stringify(settings));
  }

  /** Sends a reply and waits for the sign that Claude took it. */
  async prompts(message: StoredMessage, text: string): Promise<void> {
    const update = this.system.reply(message, text);
    await this.system.waitFor(`the receipt of "${text}"`, () => this.system.reactionsTo(update).includes("👌"));
  }

  /** The messages of the bot that hold this text, the oldest first. */
  messages(text: string): StoredMessage[] {
    return this.system.telegram
      .messages(OWNER)
      .filter(({ from, text: held = "" }) => from.is_bot && held.includes(text));
  }

  /** What the buttons under a message say now. */
  buttons(message: StoredMessage): string[] {
    return keyboardOf(this.system.now(message)).map(({ text }) => text);
  }

  /** What a button would send, to press it when it is gone. */
  callbackData(message: StoredMessage, label: string): string {
    const data = keyboardOf(this.system.now(message)).find(({ text }) => text === label)?.callback_data;
    if (data === undefined) throw new Error(`no button "${label}" stands there`);
    return data;
  }

  /** What the person was shown for a press; undefined as long as there is nothing. */
  toast({ callback_query }: Update): string | undefined {
    const id = callback_query?.id;
    return id === undefined ? undefined : this.system.telegram.answers.get(id)?.text;
  }
}

function keyboardOf(message: StoredMessage | undefined): { text: string; callback_data?: string }[] {
  return message?.reply_markup?.inline_keyboard.flat() ?? [];
}
