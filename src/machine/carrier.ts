import { AGES, isCommandKind, LIMITS } from "../protocol.ts";
import type { LiveSocket } from "./agent-link.ts";
import { deliver, EXPIRED, UNKNOWN_KIND } from "./delivery.ts";
import type { MachineContext } from "./machine-context.ts";
import type { Asleep, CancelAnswer, Leaving, Offer, Offered } from "./offer.ts";

const FULL_SESSION = `${LIMITS.queuedPerSession} commands wait for this session already: cancel some, or wake its machine`;
const FULL_MACHINE = `${LIMITS.queuedPerMachine} commands wait for this machine already: cancel some, or wake it`;

/** How the machine can be reached while commands are offered to it. */
interface Way {
  readonly asleep: Asleep | null;
  readonly live: LiveSocket | undefined;
  /** To be called with the connection as a command left it. */
  readonly sent: (connection: LiveSocket) => void;
}

/** What sessions ask of a machine: to carry their commands, and to stop carrying them. */
export class Carrier {
  readonly #context: MachineContext;

  constructor(context: MachineContext) {
    this.#context = context;
  }

  /** Carries commands for this session from now on. False: this machine is not (any more) that owner's. */
  async index(ownerId: number, sessionId: string, label: string | null): Promise<boolean> {
    if (!this.#context.isOwner(ownerId)) return false;
    const now = Date.now();
    this.#context.sessions.put(sessionId, ownerId, label, now);
    await this.#context.alarm.ringBy(now + AGES.registrationWithoutMachine);
    return true;
  }

  /** The session left: what was never sent is ended, what was sent is to be cancelled. Idempotent. */
  async strike(ownerId: number, sessionId: string, leaving: Leaving): Promise<void> {
    if (this.#context.machine()?.ownerId !== ownerId) return;
    const now = Date.now();
    const live = this.#context.link.live(now);
    this.#context.transaction(() => {
      this.#context.sessions.remove(sessionId);
      for (const row of this.#context.queue.live(sessionId)) {
        if (row.sentOn !== null) this.#context.queue.cancelSent(row.id);
        else if (leaving.how === "moved")
          this.#context.queue.end(row.id, "cancelled", `the session moved to ${leaving.to}`, now);
        else this.#context.queue.end(row.id, "failed", leaving.why, now);
      }
    });
    if (live !== undefined) {
      for (const row of this.#context.queue.live(sessionId)) this.#context.link.cancel(live, row);
    }
    await this.#context.alarm.ringBy(now);
  }

  /** The session goes on under another name: its queue goes with it, in order. */
  rename(ownerId: number, from: string, to: string): void {
    if (!this.#context.isOwner(ownerId)) return;
    this.#context.transaction(() => {
      this.#context.sessions.remove(from);
      this.#context.queue.rename(from, to);
    });
  }

  /** Takes commands, in order. Idempotent by id. What is `taken` will be reported, whatever happens. */
  async offer(ownerId: number, offers: readonly Offer[]): Promise<Offered[]> {
    if (this.#context.machine() === undefined) return offers.map(({ id }) => ({ id, status: "not-here" }));
    const now = Date.now();
    let live = this.#context.link.live(now);
    const asleep = this.#context.link.asleep(now, live);
    // The window lies on the socket: each command that goes out leaves less room for the next.
    const sent = (connection: LiveSocket): void => void (live = connection);
    const answers = offers.map((offer) => this.#take(ownerId, offer, { asleep, live, sent }, now));
    const due = offers.reduce((earliest, { expiresAt }) => Math.min(earliest, expiresAt), Number.POSITIVE_INFINITY);
    if (Number.isFinite(due)) await this.#context.alarm.ringBy(due);
    return answers;
  }

  /**
   * Replaces the text of a command that has not left yet. Idempotent: true also where the text is this one already,
   * wherever the command is by now. False: it left with another, or it is not known here.
   */
  edit(ownerId: number, id: string, command: string): boolean {
    const { queue } = this.#context;
    const row = this.#context.isOwner(ownerId) ? queue.get(id) : undefined;
    if (row === undefined) return false;
    if (row.outcome !== null || row.sentOn !== null) return queue.textOf(id) === command;
    queue.edit(id, command);
    return true;
  }

  /** Cancels: `cancelled` at once where it never left, `asked` where the agent has to say what became of it. */
  async cancel(ownerId: number, ids: readonly string[]): Promise<CancelAnswer[]> {
    if (this.#context.machine() === undefined) return ids.map((id) => ({ id, status: "not-here" }));
    const now = Date.now();
    const live = this.#context.link.live(now);
    const answers = ids.map((id): CancelAnswer => {
      const row = this.#context.queue.get(id);
      if (row === undefined || row.ownerId !== ownerId) return { id, status: "not-here" };
      // What became of it is known here, and on its way.
      if (row.outcome !== null) return { id, status: row.outcome === "cancelled" ? "cancelled" : "asked" };
      if (row.sentOn === null) {
        this.#context.queue.end(id, "cancelled", null, now);
        return { id, status: "cancelled" };
      }
      this.#context.queue.cancelSent(id);
      if (live !== undefined) this.#context.link.cancel(live, row);
      return { id, status: "asked" };
    });
    await this.#context.alarm.ringBy(now);
    return answers;
  }

  #take(ownerId: number, offer: Offer, { asleep, live, sent }: Way, now: number): Offered {
    const { id } = offer;
    // Also where the machine is no longer this owner's: its outcome is on its way.
    if (this.#context.queue.get(id)?.ownerId === ownerId) return { id, status: "taken", asleep };
    if (!this.#context.isOwner(ownerId) || !this.#context.sessions.has(offer.sessionId))
      return { id, status: "not-here" };
    if (offer.expiresAt <= now) return { id, status: "final", outcome: "expired", error: EXPIRED };
    if (!isCommandKind(offer.kind)) return { id, status: "final", outcome: "failed", error: UNKNOWN_KIND };
    if (this.#context.queue.depth(offer.sessionId) >= LIMITS.queuedPerSession)
      return { id, status: "final", outcome: "failed", error: FULL_SESSION };
    if (this.#context.queue.depth() >= LIMITS.queuedPerMachine)
      return { id, status: "final", outcome: "failed", error: FULL_MACHINE };
    if (live === undefined || !this.#context.link.hasRoom(live)) {
      this.#context.queue.add(ownerId, offer, null);
      return { id, status: "taken", asleep };
    }
    const delivery = deliver(
      { ...offer, ownerId, sentOn: null, cancelling: false, ended: null },
      live.attachment.protocol,
      now,
    );
    if (delivery.step === "end") return { id, status: "final", outcome: delivery.outcome, error: delivery.error };
    if (delivery.step === "send") {
      this.#context.queue.add(ownerId, offer, live.attachment.connection);
      sent(this.#context.link.sendNow(live, id, delivery.frame));
    }
    return { id, status: "taken", asleep };
  }
}
