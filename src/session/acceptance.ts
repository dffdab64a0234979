import { AGES, URGENT } from "../protocol.ts";
import { isFinal } from "./command-state.ts";
import type { NewCommand, StoredCommand } from "./commands.ts";
import type { Whereabouts } from "./dispatcher.ts";
import { isOpen } from "./questions.ts";
import { QUIET_MS } from "./receipts.ts";
import type { Reply } from "./request.ts";
import type { SessionContext } from "./session-context.ts";
import { ENDED, stateLine, tooLate } from "./wording.ts";

/** What a command is before its name, place and time are known. */
export type Wanted = Pick<NewCommand, "kind" | "text" | "nonce" | "choice" | "button" | "action">;

/** Who asks for a command: its name is what Telegram calls the request. */
export interface Asked {
  readonly name: string;
  readonly chatId: number;
  readonly messageId: number;
}

/** What a message asks for, unlike a press. */
export const NO_BUTTON = { nonce: null, choice: null, button: null, action: null } as const;

/** Takes commands: each is stored once, with the machine that was chosen for it, before it is handed on. */
export class Acceptance {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Stores a command and hands it on. */
  async accept(asked: Asked, wanted: Wanted): Promise<Reply> {
    const at = await this.#context.dispatcher.locate();
    const { commands, questions } = this.#context.stores;
    // Looking along the successors may have taken a while: others may have asked meanwhile.
    const known = commands.get(asked.name);
    if (known !== undefined) return this.again(known);
    const first = this.#firstPress(asked, wanted);
    if (first !== undefined) return this.sameAs(asked, first);
    const now = Date.now();
    const question = wanted.nonce === null ? undefined : questions.get(wanted.nonce);
    if (question !== undefined && !isOpen(question, now)) {
      if (wanted.action !== null) return { status: "done", say: tooLate(question) };
      // A reply to a question that is closed is an ordinary command.
      return this.accept(asked, { ...wanted, kind: "text", nonce: null });
    }
    const command = this.#newCommand(asked, wanted, at, now);
    this.#context.transaction(() => {
      commands.add(command);
      if (wanted.nonce !== null) questions.answer(wanted.nonce, asked.name);
    });
    await this.#handOn(asked.name, at, now);
    return this.#told(asked.name);
  }

  /** What a redelivery is told: the state as it is now. Offers again what no machine has taken. */
  async again(command: StoredCommand): Promise<Reply> {
    const first = command.sameAs === null ? undefined : this.#context.stores.commands.get(command.sameAs);
    const meant = first ?? command;
    if (!isFinal(meant.state)) await this.#context.dispatcher.offer(this.#context.ref);
    return this.#told(meant.name);
  }

  /** Another press of a button whose first press has no outcome: remembered for redeliveries, and only answered. */
  async sameAs({ name, chatId, messageId }: Asked, first: StoredCommand): Promise<Reply> {
    this.#context.stores.commands.add({
      ...first,
      name,
      chatId,
      messageId,
      state: "cancelled",
      sameAs: first.name,
      acceptedAt: Date.now(),
      receiptDue: null,
    });
    return this.again(first);
  }

  /** The press of the same button that is still under way. */
  #firstPress({ chatId, messageId }: Asked, { action }: Wanted): StoredCommand | undefined {
    return action === null ? undefined : this.#context.stores.commands.underWay(chatId, messageId, action);
  }

  async #handOn(name: string, at: Whereabouts | undefined, now: number): Promise<void> {
    const { alarm, dispatcher, ref, stores } = this.#context;
    if (at === undefined || at.ended) {
      this.#context.finish(name, "failed", ENDED);
    } else {
      await alarm.ringBy(now + QUIET_MS);
      await dispatcher.offer(ref);
    }
    const command = stores.commands.get(name);
    if (command !== undefined && isFinal(command.state)) await this.#context.show();
  }

  #newCommand(asked: Asked, wanted: Wanted, at: Whereabouts | undefined, now: number): NewCommand {
    const session = this.#context.session();
    const question = wanted.nonce === null ? undefined : this.#context.stores.questions.get(wanted.nonce);
    const age = URGENT.has(wanted.kind) ? AGES.urgentCommand : AGES.typedCommand;
    return {
      ...wanted,
      name: asked.name,
      chatId: asked.chatId,
      messageId: asked.messageId,
      sameAs: null,
      sessionId: at?.sessionId ?? session?.sessionId ?? "",
      machineId: at?.machineId ?? session?.machineId ?? "",
      ownerId: at?.ownerId ?? session?.ownerId ?? 0,
      state: "offered",
      error: null,
      acceptedAt: now,
      expiresAt: question?.expiresAt ?? now + age,
      receiptDue: now + QUIET_MS,
    };
  }

  /** A press is told how it stands; a message gets receipts. */
  #told(name: string): Reply {
    const command = this.#context.stores.commands.get(name);
    if (command === undefined || command.button === null) return { status: "done" };
    return { status: "done", say: stateLine(command, this.#context.dispatcher.asleep(command.name) !== null) };
  }
}
