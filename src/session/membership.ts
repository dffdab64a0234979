import { call } from "../actor/call.ts";
import { sessionRef } from "../address/reply-token.ts";
import { logError, logEvent } from "../log.ts";
import type { Reporter } from "../machine/offer.ts";
import { AGES, type RegisterBody } from "../protocol.ts";
import type { Registered } from "./registration.ts";
import type { Refusal } from "./request.ts";
import type { SessionContext } from "./session-context.ts";
import type { Strike } from "./strikes.ts";
import { ENDED, isTimeZone } from "./wording.ts";

/** An end that a successor may follow: /clear and /resume end the old session before they start the new one. */
const SUCCESSION_MS = 60_000;

/** Where a session may be registered from: decided apart, since it is what keeps machines from taking each other's. */
export function mayRegister(
  known: Registered | undefined,
  by: Reporter,
  startedAt: number | null,
): { move: boolean } | Refusal {
  if (known === undefined) return { move: false };
  if (known.ownerId !== by.ownerId) return { status: "refused", code: 403, error: "this session is somebody else's" };
  if (known.machineId === by.machineId) return { move: false };
  const younger = startedAt !== null && startedAt > (known.startedAt ?? 0);
  if (known.endedAt !== null || younger) return { move: known.endedAt === null };
  return {
    status: "refused",
    code: 409,
    error: `this session is on ${known.machineId}: it moves here when it starts here`,
  };
}

/** Where a session belongs: registering, moving, being succeeded, ending. */
export class Membership {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Registers the session, or registers it again, or moves it here. */
  async register(by: Reporter, body: RegisterBody): Promise<Refusal | undefined> {
    if (body.timeZone !== undefined && !isTimeZone(body.timeZone)) {
      return { status: "refused", code: 400, error: "timeZone is no IANA time zone" };
    }
    const startedAt = body.claim === undefined ? null : Date.now() - body.claim;
    const early = mayRegister(this.#context.session(), by, startedAt);
    if ("status" in early) return early;
    const predecessor = body.replaces === body.sessionId ? undefined : body.replaces;
    const refused = predecessor === undefined ? undefined : await this.#succeed(by, predecessor, body.sessionId);
    if (refused !== undefined) return refused;
    // While the other session was asked, this one may have been registered from elsewhere.
    const known = this.#context.session();
    const decision = mayRegister(known, by, startedAt);
    if ("status" in decision) return decision;
    this.#put(by, body, startedAt, known, decision.move);
    if (predecessor !== undefined) {
      await call(
        () => this.#context.env.MACHINE.getByName(by.machineId),
        (machine) => machine.rename(by.ownerId, predecessor, body.sessionId),
      );
    }
    const session = this.#context.session();
    if (session === undefined || !(await this.#index(session))) {
      await this.end(`${by.machineId} was unpaired`);
      return { status: "refused", code: 403, error: "this machine is no longer paired: pair it again" };
    }
    await this.carryStrikes(Date.now());
    logEvent("session.registered", { session: this.#context.ref, machineId: by.machineId, moved: decision.move });
    return undefined;
  }

  /** The session ends here. With reason clear or resume nothing ends for a minute: its successor is about to start. */
  async unregister(by: Reporter, reason: string | undefined): Promise<Refusal | undefined> {
    const session = this.#context.session();
    if (session === undefined || session.endedAt !== null) return undefined;
    if (session.ownerId !== by.ownerId)
      return { status: "refused", code: 403, error: "this session is somebody else's" };
    if (session.machineId !== by.machineId)
      return { status: "refused", code: 409, error: `this session is on ${session.machineId} now` };
    if (session.successor !== null) return undefined;
    const now = Date.now();
    if (reason === "clear" || reason === "resume") {
      this.#context.stores.registration.endBy(now + SUCCESSION_MS);
      await this.#context.alarm.ringBy(now + SUCCESSION_MS);
      // Registered anew it has a minute there, too, before a hello that does not name it ends it.
      await this.#index(session);
      return undefined;
    }
    await this.end(ENDED);
    return undefined;
  }

  /** Another session goes on in this one's stead, if it is the machine's that holds this one. */
  succeededBy(by: Reporter, successor: string): Refusal | undefined {
    const session = this.#context.session();
    // Nothing is known of it any more: there is nothing to take over, and nothing to protect.
    if (session === undefined || session.endedAt !== null) return undefined;
    if (session.ownerId !== by.ownerId || session.machineId !== by.machineId) {
      return { status: "refused", code: 403, error: "replaces names a session that this machine does not hold" };
    }
    this.#context.stores.registration.succeededBy(successor, Date.now() + AGES.tokenAfterEnd);
    return undefined;
  }

  /** Ends the session: what waits is ended where it waits, and told. */
  async end(why: string): Promise<void> {
    const session = this.#context.session();
    if (session === undefined || session.endedAt !== null) return;
    const now = Date.now();
    const { stores, display } = this.#context;
    this.#context.transaction(() => {
      stores.registration.end(now);
      stores.strikes.add(session.machineId, session.ownerId, { how: "ended", why }, now);
      for (const question of stores.questions.allOpen()) {
        stores.questions.close(question.nonce, ENDED);
        display.settleQuestion(question, ENDED, now);
      }
      display.retireTurns(now);
    });
    logEvent("session.ended", { session: this.#context.ref, why });
    await this.#context.alarm.ringBy(now);
    await this.carryStrikes(now);
    await this.#context.show();
  }

  /** An end that was put off, and a chain of successors that may have come to its end. */
  async endWhatIsOver(now: number): Promise<number | null> {
    const session = this.#context.session();
    if (session === undefined || session.endingAt === null) return null;
    if (session.endingAt > now) return session.endingAt;
    const at = session.successor === null ? undefined : await this.#context.dispatcher.locate();
    if (at === undefined || at.ended) {
      await this.end(ENDED);
      return null;
    }
    const checkAt = now + AGES.tokenAfterEnd;
    this.#context.stores.registration.endBy(checkAt);
    return checkAt;
  }

  /** Tells the machines that the session left. What fails is due again. */
  async carryStrikes(now: number): Promise<number | null> {
    for (const strike of this.#context.stores.strikes.due(now)) {
      try {
        await this.#strike(strike);
        this.#context.stores.strikes.done(strike.machineId);
      } catch (error) {
        logError("strike.failed", error, { machineId: strike.machineId });
        this.#context.stores.strikes.again(strike, now);
      }
    }
    return this.#context.stores.strikes.nextDue();
  }

  /** Puts the session into its machine's index. False: the machine is not (any more) its owner's. */
  #index({ machineId, ownerId, sessionId, label }: Registered): Promise<boolean> {
    return call(
      () => this.#context.env.MACHINE.getByName(machineId),
      (machine): Promise<boolean> => machine.index(ownerId, sessionId, label),
    );
  }

  async #strike({ machineId, ownerId, leaving }: Strike): Promise<void> {
    const { sessionId } = this.#context.session() ?? {};
    if (sessionId === undefined) return;
    await call(
      () => this.#context.env.MACHINE.getByName(machineId),
      (machine) => machine.strike(ownerId, sessionId, leaving),
    );
  }

  async #succeed(by: Reporter, predecessor: string, successor: string): Promise<Refusal | undefined> {
    const ref = await sessionRef(predecessor);
    return call(
      () => this.#context.env.SESSION.getByName(ref),
      (session): Promise<Refusal | undefined> => session.succeededBy(by, successor),
    );
  }

  #put(by: Reporter, body: RegisterBody, startedAt: number | null, known: Registered | undefined, move: boolean): void {
    this.#context.schema.create();
    const now = Date.now();
    this.#context.transaction(() => {
      this.#context.stores.registration.put({
        sessionId: body.sessionId,
        machineId: by.machineId,
        ownerId: by.ownerId,
        label: body.label ?? known?.label ?? null,
        timeZone: body.timeZone ?? known?.timeZone ?? null,
        typable: body.typable ?? true,
        startedAt: startedAt ?? known?.startedAt ?? null,
        registeredAt: now,
      });
      // A machine that has it back has nothing to strike.
      this.#context.stores.strikes.done(by.machineId);
      if (move && known !== undefined)
        this.#context.stores.strikes.add(known.machineId, known.ownerId, { how: "moved", to: by.machineId }, now);
    });
  }
}
