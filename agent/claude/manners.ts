import { createHash } from "node:crypto";
import type { Command, NotificationBody } from "../../src/protocol.ts";
import type { Environment } from "../environment.ts";
import type { Registry } from "../session/registry.ts";
import type { Session } from "../store/sessions.ts";
import type { HookInputOf } from "./hook-input.ts";
import { answerCommand, printed } from "./hook-output.ts";
import { carryOut, type Manner, saysBack, sessionCommand } from "./session-commands.ts";
import { isInstalled } from "./slash-command-files.ts";

export interface MannersSurroundings {
  registry: Registry;
  awayMinutes(): number;
  /** Nobody is away from this session any more: what is held back is asked there. */
  back(sessionId: string): void;
  /** Whether a question of this session is held back from its terminal. */
  holds(sessionId: string): boolean;
  env: Environment;
  /** Puts a notification into the outbox. */
  notify(body: NotificationBody): void;
}

/** What the user chose for each session with our slash commands. It is stored with the session. */
export class Manners {
  readonly #around: MannersSurroundings;

  constructor(around: MannersSurroundings) {
    this.#around = around;
  }

  /** A slash command of ours is answered in the terminal, without the model; undefined for any other. */
  expand(
    session: Session,
    { command_name: name, command_args: argument }: HookInputOf<"UserPromptExpansion">,
  ): string | undefined {
    const answer = this.#carryOut(session, { name, argument });
    return answer === undefined ? undefined : printed(answerCommand(answer));
  }

  /**
   * Whether this text from the phone is a command of ours: typed, it would wait for the end of the turn, or for ever
   * where there is no terminal. One that the user has of that name is typed.
   */
  takes(sessionId: string, text: string): boolean {
    const claude = this.#around.registry.get(sessionId)?.claude ?? null;
    const command = sessionCommand(text);
    if (claude === null || command === undefined) return false;
    // While a question is held back, nothing can be typed that would end that.
    if (saysBack(text) && this.#around.holds(sessionId)) return true;
    const { env } = this.#around;
    return isInstalled(command.name, claude.folder === undefined ? env : { ...env, CLAUDE_CONFIG_DIR: claude.folder });
  }

  /** Carries out what `takes` took, and answers on the phone. False where its session is not there any more. */
  told({ id, sessionId, command: text }: Pick<Command, "id" | "sessionId" | "command">): boolean {
    const session = this.#around.registry.get(sessionId);
    const command = sessionCommand(text);
    const answer = session === undefined || command === undefined ? undefined : this.#carryOut(session, command);
    if (answer === undefined) return false;
    // The same for the same command: it may be carried out again where that could not be written down.
    const name = createHash("sha256").update(id).digest("base64url").slice(0, 22);
    this.#around.notify({ sessionId, id: `manner-${name}`, text: answer, silent: true, aside: true });
    return true;
  }

  /** The user is at the terminal again, as `/back` says. */
  back(sessionId: string): void {
    const session = this.#around.registry.get(sessionId);
    if (session === undefined || session.claude === null) return;
    const { notify, named } = session.claude;
    this.#change(session, { label: session.label, named, notify, away: false });
  }

  isAway(sessionId: string): boolean {
    return this.#around.registry.get(sessionId)?.claude?.away ?? false;
  }

  #carryOut(session: Session, command: { name: string; argument: string }): string | undefined {
    const { label, claude } = session;
    if (claude === null) return undefined;
    const { notify, away, named } = claude;
    const done = carryOut(command, { label, named, notify, away }, this.#around.awayMinutes());
    if (done === undefined) return undefined;
    this.#change(session, done.manner);
    return done.answer;
  }

  #change(session: Session, { label, ...manner }: Manner): void {
    if (session.claude === null) return;
    // First: who is back is asked, also where that cannot be written down.
    if (!manner.away) this.#around.back(session.sessionId);
    this.#around.registry.note({ ...session, label, claude: { ...session.claude, ...manner } });
  }
}
