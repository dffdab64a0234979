import { logEvent } from "../log.ts";
import { AGES } from "../protocol.ts";
import type { MachineContext } from "./machine-context.ts";
import type { PairingRequest, Redeemed } from "./pairing.ts";

/** Whose machine this is, and by which key: pairing, authenticating, unpairing. */
export class Enrolment {
  readonly #context: MachineContext;

  constructor(context: MachineContext) {
    this.#context = context;
  }

  /** Whose machine this key opens; null where it opens none. The allow-list is asked at every call. */
  authenticate(keyHash: string): number | "not-allowed" | null {
    const machine = this.#context.machine();
    if (machine === undefined || machine.keyHash !== keyHash) return null;
    return this.#context.isAllowed(machine.ownerId) ? machine.ownerId : "not-allowed";
  }

  /** Sends a pairing code to the chat, unless the name is somebody else's. */
  async beginPairing(request: PairingRequest): Promise<"begun" | "taken"> {
    if (!this.#mayOwn(request.ownerId)) return "taken";
    this.#context.schema.create();
    const now = Date.now();
    await this.#context.alarm.ringBy(now + AGES.pairingCode);
    const begun = await this.#context.pairing.begin(request, now);
    logEvent(`pairing.${begun}`, { machineId: request.machineId });
    return begun;
  }

  /** Takes a pairing code. The new key is the only good one from here on. */
  async pair(machineId: string, code: string, keyHash: string): Promise<Redeemed> {
    if (!this.#context.schema.exists)
      return { status: "refused", reason: `no code is waiting for ${machineId}: send /pair ${machineId} to the bot` };
    const { pairing, credential, link, alarm } = this.#context;
    const now = Date.now();
    const redeemed = await pairing.redeem(machineId, code, keyHash, now, (ownerId) => this.#mayOwn(ownerId));
    if (redeemed.status === "paired" && redeemed.again && this.#context.machine()?.keyHash !== keyHash)
      return { status: "refused", reason: `this key was revoked since: send /pair ${machineId} to the bot` };
    if (redeemed.status === "paired" && !redeemed.again) {
      credential.set(machineId, redeemed.ownerId, keyHash);
      link.revokeAllBut(keyHash);
    }
    logEvent(`pairing.${redeemed.status}`, { machineId });
    if (pairing.hasNews) await alarm.ringBy(now);
    return redeemed;
  }

  /** Revokes the key: the socket closes, nothing that waits is typed, and all are told. */
  async unpair(ownerId: number): Promise<"unpaired" | "not-yours"> {
    const machine = this.#context.machine();
    if (machine === undefined || machine.ownerId !== ownerId) return "not-yours";
    // The same update again, most likely: it is done, and the answer is the same.
    if (machine.keyHash === null) return "unpaired";
    const now = Date.now();
    this.#context.transaction(() => {
      for (const row of this.#context.queue.live()) {
        if (row.sentOn === null) this.#context.queue.end(row.id, "failed", `${machine.name} was unpaired`, now);
        else
          this.#context.queue.end(
            row.id,
            "unknown",
            `${machine.name} was unpaired before it said what became of this`,
            now,
          );
      }
      for (const { sessionId } of this.#context.sessions.all())
        this.#context.sessions.end(sessionId, `${machine.name} was unpaired`);
      this.#context.credential.revoke();
    });
    this.#context.link.revokeAllBut(null);
    logEvent("machine.unpaired", { machineId: machine.name });
    await this.#context.alarm.ringBy(now);
    return "unpaired";
  }

  /** A name that is paired is its owner's until it is unpaired. */
  #mayOwn(userId: number): boolean {
    const machine = this.#context.machine();
    const isFree = machine === undefined || machine.keyHash === null || machine.ownerId === userId;
    return isFree && this.#context.isAllowed(userId);
  }
}
