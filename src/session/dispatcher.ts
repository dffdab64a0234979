import { commandId, parseCommandId } from "../address/command-id.ts";
import { sessionRef } from "../address/reply-token.ts";
import { retryDelay } from "../actor/backoff.ts";
import { call } from "../actor/call.ts";
import { logError } from "../log.ts";
import type { Asleep, CancelAnswer, Offer, Offered } from "../machine/offer.ts";
import type { Outcome } from "../protocol.ts";
import type { StoredCommand } from "./commands.ts";
import type { SessionStores } from "./session-stores.ts";
import { ENDED, movedTo } from "./wording.ts";

/** Where a session is now, and whether anything can still be typed there. */
export interface Whereabouts {
  readonly sessionId: string;
  readonly machineId: string;
  readonly ownerId: number;
  readonly label: string | null;
  readonly typable: boolean;
  readonly ended: boolean;
  readonly successor: string | null;
}

/** A chain of /clear and /resume longer than this is cut: its end is unknown. */
const SUCCESSORS = 8;

interface Parts {
  readonly env: Env;
  readonly stores: SessionStores;
  /** Where the session of this object is, before any successor is asked. */
  readonly whereabouts: () => Whereabouts | null;
  readonly finish: (name: string, outcome: Outcome, error: string | null) => void;
}

/**
 * Brings commands to the machines that were chosen for them. What a machine took is remembered in memory only: after an
 * eviction it is offered again, which is idempotent.
 */
export class Dispatcher {
  readonly #parts: Parts;
  /** What a machine has taken, and whether it was asleep then. */
  readonly #taken = new Map<string, Asleep | null>();
  /** One thing at a time: the first accepted is the first offered, and no cancel overtakes the offer that it is about. */
  #turn: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #retryAt: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Where this session is now: asked along its successors. Undefined where the chain ends in nothing. */
  async locate(): Promise<Whereabouts | undefined> {
    const here = this.#parts.whereabouts();
    let at = here;
    for (let hop = 0; at !== null && at.successor !== null; hop++) {
      if (hop === SUCCESSORS) return undefined;
      const ref = await sessionRef(at.successor);
      at = await call(
        () => this.#parts.env.SESSION.getByName(ref),
        (session): Promise<Whereabouts | null> => session.whereabouts(),
      );
    }
    // A name that was given up may be somebody else's by now.
    return at === null || at.ownerId !== here?.ownerId ? undefined : at;
  }

  /** Whether the machine that a command waits for is asleep, as far as is known; null: it is awake. */
  asleep(name: string): Asleep | null {
    // Not taken means not reached: to the user that is the same as asleep.
    return this.#taken.has(name) ? (this.#taken.get(name) ?? null) : { since: null };
  }

  /** Offers what no machine is known to have taken, in order. What fails stays, and is offered again: see `nextDue`. */
  offer(ref: string): Promise<void> {
    return this.#inTurn(() => this.#offerNow(ref));
  }

  /** When to offer again what no machine could be asked to take; null where nothing waits for that. */
  nextDue(): number | null {
    return this.#retryAt;
  }

  /**
   * Resolves when no offer is under way. A machine forgets a command once its result is taken: an offer of it that
   * came later than that would be a second command.
   */
  idle(): Promise<void> {
    return this.#inTurn(async () => undefined);
  }

  /** Forgets that a machine took these: the next offer asks anew, and so learns whether it sleeps. */
  doubt(names: readonly string[]): void {
    for (const name of names) this.#taken.delete(name);
  }

  /** Replaces a command's text where it has not left yet. An edit that comes behind a younger one changes nothing. */
  edit(ref: string, command: StoredCommand, text: string, updateId: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if ((this.#parts.stores.commands.get(command.name)?.editedBy ?? 0) > updateId) return true;
      if (!this.#taken.has(command.name)) await this.#offerNow(ref);
      const edited = await call(
        () => this.#parts.env.MACHINE.getByName(command.machineId),
        (machine): Promise<boolean> => machine.edit(command.ownerId, commandId(ref, command.name), text),
      );
      if (edited) this.#parts.stores.commands.edit(command.name, text, updateId);
      return edited;
    });
  }

  /** Cancels what has not been typed. What left already is asked for: its outcome will come. */
  cancel(ref: string, commands: readonly StoredCommand[]): Promise<{ cancelled: number; asked: number }> {
    return this.#inTurn(async () => {
      let cancelled = 0;
      let asked = 0;
      for (const { name } of commands) this.#parts.stores.commands.askToCancel(name);
      for (const [machineId, group] of byMachine(commands)) {
        const ownerId = group[0]?.ownerId ?? 0;
        const answers = await call(
          () => this.#parts.env.MACHINE.getByName(machineId),
          (machine): Promise<CancelAnswer[]> =>
            machine.cancel(
              ownerId,
              group.map(({ name }) => commandId(ref, name)),
            ),
        );
        for (const { id, status } of answers) {
          const name = parseCommandId(id)?.name;
          if (name === undefined) continue;
          if (status === "asked") asked += 1;
          else cancelled += 1;
          // A command that was offered and never arrived is cancelled by never being offered again.
          if (status !== "asked") this.#parts.finish(name, "cancelled", null);
        }
      }
      return { cancelled, asked };
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    // Whoever asked for the work hears of its error; those in line behind it do not.
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #offerNow(ref: string): Promise<void> {
    const unfinished = this.#parts.stores.commands.unfinished();
    this.#forgetAllBut(new Set(unfinished.map(({ name }) => name)));
    let failed = false;
    for (const [machineId, group] of byMachine(unfinished.filter(({ name }) => !this.#taken.has(name)))) {
      try {
        await this.#offerTo(ref, machineId, group);
      } catch (error) {
        logError("offer.failed", error, { machineId, count: group.length });
        failed = true;
      }
    }
    this.#retryAt = failed ? Date.now() + retryDelay(this.#failures) : null;
    this.#failures = failed ? this.#failures + 1 : 0;
  }

  #forgetAllBut(unfinished: ReadonlySet<string>): void {
    for (const name of this.#taken.keys()) if (!unfinished.has(name)) this.#taken.delete(name);
  }

  async #offerTo(ref: string, machineId: string, group: readonly StoredCommand[]): Promise<void> {
    const answers = await this.#ask(ref, machineId, group);
    const strangers = group.filter(({ name }) => answers.get(name)?.status === "not-here");
    if (strangers.length > 0) {
      for (const [name, answer] of await this.#askAgain(ref, machineId, strangers)) answers.set(name, answer);
    }
    for (const [name, answer] of answers) this.#conclude(name, answer);
  }

  async #ask(
    ref: string,
    machineId: string,
    group: readonly StoredCommand[],
    sessionId?: string,
  ): Promise<Map<string, Offered>> {
    const ownerId = group[0]?.ownerId ?? 0;
    const answers = await call(
      () => this.#parts.env.MACHINE.getByName(machineId),
      (machine): Promise<Offered[]> =>
        machine.offer(
          ownerId,
          group.map((command) => toOffer(ref, command, sessionId ?? command.sessionId)),
        ),
    );
    return new Map(answers.map((answer) => [parseCommandId(answer.id)?.name ?? "", answer]));
  }

  /**
   * What becomes of commands whose session a machine does not know. A session that is there all the same, by this or by
   * a successor's name, belongs in its index: a move, a restart or a new name may have raced with the offer. What is not
   * there any more ends here.
   */
  async #askAgain(ref: string, machineId: string, group: readonly StoredCommand[]): Promise<Map<string, Offered>> {
    const at = await this.locate();
    const ended = (error: string, outcome: Outcome = "failed"): Map<string, Offered> =>
      new Map(group.map(({ name }) => [name, { id: commandId(ref, name), status: "final", outcome, error }]));
    if (at === undefined || at.ended) return ended(ENDED);
    if (at.machineId !== machineId) return ended(movedTo(at.machineId), "cancelled");
    const indexed = await call(
      () => this.#parts.env.MACHINE.getByName(machineId),
      (machine): Promise<boolean> => machine.index(at.ownerId, at.sessionId, at.label),
    );
    return indexed ? this.#ask(ref, machineId, group, at.sessionId) : ended(`${machineId} is not paired any more`);
  }

  #conclude(name: string, answer: Offered): void {
    if (answer.status === "taken") this.#taken.set(name, answer.asleep);
    else if (answer.status === "final") this.#parts.finish(name, answer.outcome, answer.error);
    // Still not there after all that: offered again with the next alarm.
  }
}

function toOffer(ref: string, command: StoredCommand, sessionId: string): Offer {
  return {
    id: commandId(ref, command.name),
    kind: command.kind,
    sessionId,
    command: command.text,
    expiresAt: command.expiresAt,
    ...(command.nonce === null ? {} : { nonce: command.nonce }),
    ...(command.choice === null ? {} : { choice: command.choice }),
  };
}

function byMachine(commands: readonly StoredCommand[]): Map<string, StoredCommand[]> {
  const groups = new Map<string, StoredCommand[]>();
  for (const command of commands) groups.set(command.machineId, [...(groups.get(command.machineId) ?? []), command]);
  return groups;
}
