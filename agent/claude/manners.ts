import type { Registry } from "../session/registry.ts";
import type { Session } from "../store/sessions.ts";
import type { HookInputOf } from "./hook-input.ts";
import { answerCommand, printed } from "./hook-output.ts";
import { carryOut, type Manner } from "./session-commands.ts";

export interface MannersSurroundings {
  registry: Registry;
  awayMinutes(): number;
  /** Nobody is away from this session any more: what is held back is asked there. */
  back(sessionId: string): void;
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
    const { label, claude } = session;
    if (claude === null) return undefined;
    const { notify, away, named } = claude;
    const done = carryOut({ name, argument }, { label, named, notify, away }, this.#around.awayMinutes());
    if (done === undefined) return undefined;
    this.#change(session, done.manner);
    return printed(answerCommand(done.answer));
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

  #change(session: Session, { label, ...manner }: Manner): void {
    if (session.claude === null) return;
    // First: who is back is asked, also where that cannot be written down.
    if (!manner.away) this.#around.back(session.sessionId);
    this.#around.registry.note({ ...session, label, claude: { ...session.claude, ...manner } });
  }
}
