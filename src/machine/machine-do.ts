import { DurableObject } from "cloudflare:workers";
import { type Chore, runChores } from "../actor/chores.ts";
import { Schema } from "../actor/schema.ts";
import { bearer, checkKey } from "../address/machine-key.ts";
import { configOf } from "../config.ts";
import { logError, logEvent } from "../log.ts";
import { AGES, type MachineReply } from "../protocol.ts";
import { Carrier } from "./carrier.ts";
import { closeCodeToAnswer } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { Enrolment } from "./enrolment.ts";
import { MachineContext } from "./machine-context.ts";
import { MACHINE_SCHEMA } from "./machine-schema.ts";
import type { Asleep, CancelAnswer, Leaving, Offer, Offered } from "./offer.ts";
import { Outcomes } from "./outcomes.ts";
import type { PairingRequest, Redeemed } from "./pairing.ts";

/** One machine: its credential and owner, its socket, its queue, an index of its sessions. */
export class MachineDO extends DurableObject<Env> {
  readonly #schema: Schema;
  readonly #context: MachineContext;
  readonly #enrolment: Enrolment;
  readonly #carrier: Carrier;
  readonly #outcomes: Outcomes;
  readonly #conversation: Conversation;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#schema = new Schema(ctx.storage, MACHINE_SCHEMA);
    this.#schema.upgrade();
    this.#context = new MachineContext(ctx, env, this.#schema);
    void ctx.blockConcurrencyWhile(() => this.#context.alarm.load());
    this.#enrolment = new Enrolment(this.#context);
    this.#carrier = new Carrier(this.#context);
    this.#outcomes = new Outcomes(this.#context);
    this.#conversation = new Conversation(this.#context, this.#outcomes);
  }

  /* ---- from the Worker ----------------------------------------------------------------------------------------- */

  authenticate(keyHash: string): number | "not-allowed" | null {
    return this.#enrolment.authenticate(keyHash);
  }

  async beginPairing(request: PairingRequest): Promise<"begun" | "taken"> {
    return this.#enrolment.beginPairing(request);
  }

  async pair(machineId: string, code: string, keyHash: string): Promise<Redeemed> {
    return this.#enrolment.pair(machineId, code, keyHash);
  }

  async unpair(ownerId: number): Promise<"unpaired" | "not-yours"> {
    return this.#enrolment.unpair(ownerId);
  }

  /** For inspection. */
  describe(): MachineReply | null {
    const machine = this.#context.machine();
    if (machine === undefined) return null;
    const { link, queue, sessions } = this.#context;
    return {
      machineId: machine.name,
      online: link.live(Date.now()) !== undefined,
      lastSeenAt: machine.lastSeenAt,
      agentVersion: machine.agentVersion,
      queued: queue.depth(),
      sessions: sessions.all().map(({ sessionId, label }) => ({ sessionId, label, queued: queue.depth(sessionId) })),
    };
  }

  /* ---- from sessions ------------------------------------------------------------------------------------------- */

  async index(ownerId: number, sessionId: string, label: string | null): Promise<boolean> {
    return this.#carrier.index(ownerId, sessionId, label);
  }

  async strike(ownerId: number, sessionId: string, leaving: Leaving): Promise<void> {
    return this.#carrier.strike(ownerId, sessionId, leaving);
  }

  rename(ownerId: number, from: string, to: string): void {
    this.#carrier.rename(ownerId, from, to);
  }

  async offer(ownerId: number, offers: readonly Offer[]): Promise<Offered[]> {
    return this.#carrier.offer(ownerId, offers);
  }

  edit(ownerId: number, id: string, command: string): boolean {
    return this.#carrier.edit(ownerId, id, command);
  }

  async cancel(ownerId: number, ids: readonly string[]): Promise<CancelAnswer[]> {
    return this.#carrier.cancel(ownerId, ids);
  }

  /** Null while the machine is awake. */
  asleep(): Asleep | null {
    return this.#context.machine() === undefined ? { since: null } : this.#context.link.asleep(Date.now());
  }

  /* ---- the socket ---------------------------------------------------------------------------------------------- */

  /** `GET /ws`: the Worker has asked already; between its question and this the key may have been revoked. */
  override async fetch(request: Request): Promise<Response> {
    const key = await checkKey(configOf(this.env).machineKeySecret, bearer(request) ?? "");
    const owner = key === undefined ? null : this.#enrolment.authenticate(key.keyHash);
    if (key === undefined || owner === null)
      return Response.json({ error: "this key is no longer good: pair the machine again" }, { status: 401 });
    if (owner === "not-allowed")
      return Response.json({ error: "this machine's owner is not allowed any more" }, { status: 403 });
    const now = Date.now();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#context.link.accept(server, key.keyHash, now);
    await this.#context.alarm.ringBy(now + AGES.helloWithin);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    return this.#conversation.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#context.link.gone(socket, Date.now());
    // Without an answer the other side waits ten seconds and sees 1006.
    socket.close(closeCodeToAnswer(code));
  }

  override webSocketError(socket: WebSocket, error: unknown): void {
    logError("socket.failed", error);
    this.#context.link.gone(socket, Date.now());
  }

  /* ---- the alarm ----------------------------------------------------------------------------------------------- */

  override async alarm(): Promise<void> {
    this.#context.alarm.rang();
    if (!this.#schema.exists) return;
    const waits = await runChores(this.#chores(), Date.now());
    const next = waits ?? (await runChores([["deletion", () => this.#deleteIfDone()]], Date.now()));
    if (next !== null) await this.#context.alarm.ringBy(next);
  }

  #chores(): Chore[] {
    const { link, pairing, name } = this.#context;
    return [
      ["hello", (now) => link.dropSilent(now)],
      ["expiry", (now) => this.#outcomes.expire(now)],
      ["sessions", (now) => this.#outcomes.endSessions(now)],
      ["results", (now) => this.#outcomes.handOn(now)],
      ["pairing", async (now) => (await pairing.settle(name, now), pairing.nextDue(now))],
    ];
  }

  /** Only here is anything deleted, in one synchronous step that sees that nothing is live. */
  async #deleteIfDone(): Promise<null> {
    const { queue, sessions, pairing } = this.#context;
    const keyHash = this.#context.machine()?.keyHash ?? null;
    if (keyHash !== null || !queue.isEmpty || !sessions.isEmpty || pairing.isRemembered) return null;
    await this.#schema.wipe();
    // These went with everything else.
    this.#context.alarm.rang();
    this.#context.memory.forget();
    logEvent("machine.deleted");
    return null;
  }
}
