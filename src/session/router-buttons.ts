import { expandName, shortName } from "../address/command-id.ts";
import { type Acceptance } from "./acceptance.ts";
import { isFinal } from "./command-state.ts";
import type { StoredCommand } from "./commands.ts";
import { type Keyboard, routerButton } from "./keyboard.ts";
import type { CommandRequest, PressRequest, Reply } from "./request.ts";
import type { SessionContext } from "./session-context.ts";
import { excerpt, stateLine } from "./wording.ts";

/** The longest list of waiting commands: more would not fit on a phone. */
const LISTED = 20;

type Request = Pick<CommandRequest, "name" | "chatId">;

/** The router's own buttons, and `/cancel`. What leaves no command behind is remembered by what was said. */
export class RouterButtons {
  readonly #context: SessionContext;
  readonly #acceptance: Acceptance;

  constructor(context: SessionContext, acceptance: Acceptance) {
    this.#context = context;
    this.#acceptance = acceptance;
  }

  /** A button whose action begins with `!`. `label` is what it says. */
  async press(request: PressRequest, label: string): Promise<Reply> {
    const [verb, short] = splitOnce(request.action);
    if (verb === "!queue" && short === undefined) return this.#list(request);
    if (verb === "!cancel" && short === undefined) return this.cancelAll(request);
    const name = short === undefined ? undefined : expandName(short, request.chatId);
    const command = name === undefined ? undefined : this.#context.stores.commands.get(name);
    if ((verb !== "!cancel" && verb !== "!again") || short === undefined) return say("I do not know this button.");
    if (command === undefined) return say("I do not remember this command any more.");
    if (verb === "!again") return this.#again(request, command, label);
    if (isFinal(command.state)) return say(stateLine(command, false));
    return this.#cancel(request, [command]);
  }

  /** Cancels whatever of this session has not been typed. */
  async cancelAll(request: Request): Promise<Reply> {
    return this.#cancel(request, this.#context.stores.commands.unfinished());
  }

  /** Sends a message of ours, once for each request, and remembers what the request was answered. */
  async note(request: Request, text: string, keyboard: Keyboard, answer: string | null): Promise<void> {
    const { stores, display, ref } = this.#context;
    const now = Date.now();
    this.#context.transaction(() => {
      stores.said.add(request.name, answer, now);
      display.announce(
        ref,
        { chatId: request.chatId, sign: "info", body: { text, entities: [] }, keyboard, role: "note", silent: true },
        now,
      );
    });
    await this.#context.show();
  }

  /** Sends it once more, once: a second press is told what became of the first. */
  async #again(request: PressRequest, command: StoredCommand, label: string): Promise<Reply> {
    const { chatId, messageId, action } = request;
    if (!isFinal(command.state) || command.state === "accepted" || command.state === "typed")
      return say(stateLine(command, false));
    const first = this.#context.stores.commands.pressed(chatId, messageId, action);
    if (first !== undefined) return this.#acceptance.sameAs(request, first);
    const { kind, text } = command;
    return this.#acceptance.accept(request, { kind, text, nonce: null, choice: null, button: label, action });
  }

  async #list(request: PressRequest): Promise<Reply> {
    const waiting = this.#context.stores.commands.unfinished().filter(({ chatId }) => chatId === request.chatId);
    if (waiting.length === 0) return say("Nothing waits.");
    const listed = waiting.slice(0, LISTED);
    const lines = listed.map(
      ({ text, kind }, index) => `${index + 1}. ${kind === "key" ? "/key " : ""}${excerpt(text, 80)}`,
    );
    if (waiting.length > LISTED) lines.push(`and ${waiting.length - LISTED} more`);
    const rows = listed.map(({ name }, index) =>
      routerButton(`Cancel ${index + 1}`, request.token, `!cancel.${shortName(name)}`),
    );
    const answer = `${waiting.length} waiting`;
    await this.note(
      request,
      lines.join("\n"),
      rows.filter((row) => row.length > 0),
      answer,
    );
    return say(answer);
  }

  async #cancel(request: Request, commands: readonly StoredCommand[]): Promise<Reply> {
    const answer = commands.length === 0 ? "Nothing waits." : await this.#cancelThese(commands);
    this.#context.stores.said.add(request.name, answer, Date.now());
    await this.#context.show();
    return say(answer);
  }

  async #cancelThese(commands: readonly StoredCommand[]): Promise<string> {
    const { cancelled, asked } = await this.#context.dispatcher.cancel(this.#context.ref, commands);
    if (asked === 0) return `${cancelled} cancelled`;
    const machine = commands[0]?.machineId ?? "the machine";
    return `${cancelled} cancelled; ${asked} left already: ${machine} says what becomes of ${asked === 1 ? "it" : "them"}`;
  }
}

function say(text: string): Reply {
  return { status: "done", say: text };
}

/** `!cancel.m12` → `!cancel`, `m12`. */
function splitOnce(action: string): [string, string | undefined] {
  const dot = action.indexOf(".");
  return dot === -1 ? [action, undefined] : [action.slice(0, dot), action.slice(dot + 1)];
}
