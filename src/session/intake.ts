import { call } from "../actor/call.ts";
import { intentOf } from "../address/intent.ts";
import { configOf } from "../config.ts";
import type { Asleep } from "../machine/offer.ts";
import { AGES } from "../protocol.ts";
import { Acceptance, NO_BUTTON } from "./acceptance.ts";
import { isFinal } from "./command-state.ts";
import type { NewCommand } from "./commands.ts";
import type { Whereabouts } from "./dispatcher.ts";
import { answerIn, type Keyboard, labelOf, routerButton } from "./keyboard.ts";
import type { CommandRequest, EditRequest, PressRequest, Reply } from "./request.ts";
import { RouterButtons } from "./router-buttons.ts";
import type { SessionContext } from "./session-context.ts";
import { ENDED, NOT_TYPABLE, sleepLine, stateLine } from "./wording.ts";

/** What users ask of a session: who may, what it means, and the same answer again for a redelivery. */
export class Intake {
  readonly #context: SessionContext;
  readonly #acceptance: Acceptance;
  readonly #buttons: RouterButtons;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#acceptance = new Acceptance(context);
    this.#buttons = new RouterButtons(context, this.#acceptance);
  }

  /** A message for this session. */
  async command(request: CommandRequest): Promise<Reply> {
    const before = await this.#answeredBefore(request.name);
    if (before !== undefined) return before;
    if (!this.#mayAsk(request)) return { status: "unknown-token" };
    const { intent } = request;
    switch (intent.type) {
      case "cancel":
        return this.#buttons.cancelAll(request);
      case "unavailable":
        return {
          status: "done",
          say: `${intent.command} is kept for a later version. To type it into the session, write /${intent.command}.`,
        };
      case "key":
        return this.#acceptance.accept(request, { ...NO_BUTTON, kind: "key", text: intent.key });
      case "screen":
        return this.#acceptance.accept(request, { ...NO_BUTTON, kind: "screen", text: "" });
      case "text":
        return this.#text(request, intent.text);
    }
  }

  /** The user edited a message: it changes a command that still waits, and nothing that has left. */
  async edit(request: EditRequest): Promise<Reply> {
    const known = this.#context.schema.exists ? this.#stores.commands.get(request.name) : undefined;
    // Only what was accepted can be changed: anything else was answered when it came.
    if (known === undefined) return { status: "done" };
    const { intent, updateId } = request;
    if (intent.type !== "text") return say("This edit changed nothing: send it as a message of its own.");
    if (known.text === intent.text) {
      this.#stores.commands.edit(known.name, intent.text, updateId);
      return { status: "done" };
    }
    if (isFinal(known.state)) return say(`${stateLine(known, false)} before this edit: it changed nothing.`);
    if (known.kind === "text" && (await this.#context.dispatcher.edit(this.#context.ref, known, intent.text, updateId)))
      return { status: "done" };
    return say(`It is on its way to ${known.machineId} already: this edit changed nothing.`);
  }

  /** A press of a button. What it says is shown as a toast. */
  async press(request: PressRequest): Promise<Reply> {
    const before = await this.#answeredBefore(request.name);
    if (before !== undefined) return before;
    if (!this.#mayAsk(request)) return { status: "unknown-token" };
    const { action } = request;
    const label = this.#labelOf(request);
    if (action.startsWith("!")) return this.#buttons.press(request, label);
    const answer = answerIn(action);
    if (answer !== undefined) return this.#answer(request, answer, label);
    return this.#acceptance.accept(request, { ...NO_BUTTON, ...this.#meaningOf(action), button: label, action });
  }

  /** A button may say one of our own words, `/screen` for example: it means what the word means. */
  #meaningOf(action: string): Pick<NewCommand, "kind" | "text"> {
    const { botUsername } = configOf(this.#context.env);
    const meant = action.startsWith("/") ? intentOf(action, botUsername) : undefined;
    if (meant?.kind === "intent" && meant.intent.type === "screen") return { kind: "screen", text: "" };
    if (meant?.kind === "intent" && meant.intent.type === "key") return { kind: "key", text: meant.intent.key };
    return { kind: "action", text: action };
  }

  /** The session's card: a tap on a header. It says how things stand, and grants nothing. */
  async card(request: Omit<CommandRequest, "intent">): Promise<Reply> {
    const session = this.#context.session();
    // The header may be that of another chat: the card is shown here, with this chat's own token.
    const token = session !== undefined && this.#stores.tokens.knows(request.token);
    if (!token || !this.#isOwner(request)) return { status: "unknown-token" };
    if (this.#stores.said.get(request.name) !== undefined) return { status: "done" };
    const at = await this.#context.dispatcher.locate();
    const state = await this.#stateOf(at);
    const waiting = this.#stores.commands.unfinished().length;
    const lines = [state, waiting === 0 ? "Nothing waits." : `${waiting} waiting.`];
    const lives = at !== undefined && !at.ended;
    if (lives) lines.push(at.typable ? "Reply to this message: your text is typed there." : NOT_TYPABLE);
    const buttons = lives && at.typable ? [this.#cardButtons(request.chatId)] : [];
    await this.#buttons.note(request, lines.join("\n"), buttons, null);
    return { status: "done" };
  }

  /** With the token of the chat that the card is shown in. */
  #cardButtons(chatId: number): Keyboard[number] {
    const token = this.#stores.tokens.ensure(chatId, this.#context.ref);
    return [...routerButton("Screen", token, "/screen"), ...routerButton("Exit", token, "exit")];
  }

  get #stores(): SessionContext["stores"] {
    return this.#context.stores;
  }

  /** A redelivery is answered from what is stored, whatever became of token, session or machine since. */
  async #answeredBefore(name: string): Promise<Reply | undefined> {
    if (!this.#context.schema.exists) return undefined;
    const known = this.#stores.commands.get(name);
    if (known !== undefined) return this.#acceptance.again(known);
    const said = this.#stores.said.get(name);
    if (said === undefined) return undefined;
    return said === null ? { status: "done" } : say(said);
  }

  /** A token is good where it is known, for its own chat, in its owner's hands, and not too long after the end. */
  #mayAsk(request: Pick<CommandRequest, "token" | "chatId" | "userId">): boolean {
    return (
      this.#context.session() !== undefined &&
      this.#stores.tokens.isGood(request.chatId, request.token) &&
      this.#isOwner(request)
    );
  }

  #isOwner({ chatId, userId }: Pick<CommandRequest, "chatId" | "userId">): boolean {
    const session = this.#context.session();
    if (session === undefined) return false;
    if (session.endedAt !== null && session.endedAt + AGES.tokenAfterEnd <= Date.now()) return false;
    return (
      userId === session.ownerId &&
      chatId === session.ownerId &&
      configOf(this.#context.env).allowedUserIds.has(session.ownerId)
    );
  }

  async #text(request: CommandRequest, text: string): Promise<Reply> {
    const { chatId, repliedTo } = request;
    if (repliedTo !== undefined) await this.#context.display.asked();
    const question = repliedTo === undefined ? undefined : this.#stores.questions.at(chatId, repliedTo);
    // Whether the question is still open is looked at where the command is stored.
    return question !== undefined
      ? this.#acceptance.accept(request, { ...NO_BUTTON, kind: "answer", text, nonce: question.nonce })
      : this.#acceptance.accept(request, { ...NO_BUTTON, kind: "text", text });
  }

  async #answer(request: PressRequest, answer: { nonce: string; choice: string }, label: string): Promise<Reply> {
    if (this.#stores.questions.get(answer.nonce) === undefined) return say("too late: this question is over");
    const { action } = request;
    return this.#acceptance.accept(request, { ...answer, kind: "answer", text: label, button: label, action });
  }

  #labelOf({ chatId, messageId, token, action }: PressRequest): string {
    const mapped = this.#stores.messages.get(chatId, messageId);
    return (mapped === undefined ? undefined : labelOf(mapped.keyboard, `cmd:${token}:${action}`)) ?? action;
  }

  async #stateOf(at: Whereabouts | undefined): Promise<string> {
    if (at === undefined || at.ended) return `${ENDED.replace("the", "The")}.`;
    const asleep = await call(
      () => this.#context.env.MACHINE.getByName(at.machineId),
      (machine): Promise<Asleep | null> => machine.asleep(),
    );
    if (asleep === null) return `${at.machineId} is connected.`;
    return `${sleepLine(at.machineId, asleep.since, this.#context.session()?.timeZone ?? null)}.`;
  }
}

function say(text: string): Reply {
  return { status: "done", say: text };
}
