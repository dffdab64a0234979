import { DurableObject } from "cloudflare:workers";
import { type Chore, runChores } from "../actor/chores.ts";
import { Schema } from "../actor/schema.ts";
import { logEvent } from "../log.ts";
import type { Reporter, Result } from "../machine/offer.ts";
import { AGES, type NotificationBody, type RegisterBody, type SessionReply } from "../protocol.ts";
import { Announcing, type Notified } from "./announcing.ts";
import type { StoredCommand } from "./commands.ts";
import type { Whereabouts } from "./dispatcher.ts";
import { Intake } from "./intake.ts";
import { Membership } from "./membership.ts";
import { Pruning } from "./pruning.ts";
import { asReported } from "./reported.ts";
import type { CommandRequest, EditRequest, PressRequest, Refusal, Reply } from "./request.ts";
import { SessionContext } from "./session-context.ts";
import { SESSION_SCHEMA } from "./session-schema.ts";

/** One coding session: its tokens, its messages, its commands and their outcomes, its questions. */
export class SessionDO extends DurableObject<Env> {
  readonly #schema: Schema;
  readonly #context: SessionContext;
  readonly #intake: Intake;
  readonly #announcing: Announcing;
  readonly #membership: Membership;
  readonly #pruning: Pruning;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#schema = new Schema(ctx.storage, SESSION_SCHEMA);
    this.#schema.upgrade();
    this.#context = new SessionContext(ctx, env, this.#schema);
    void ctx.blockConcurrencyWhile(() => this.#context.alarm.load());
    this.#intake = new Intake(this.#context);
    this.#announcing = new Announcing(this.#context);
    this.#membership = new Membership(this.#context);
    this.#pruning = new Pruning(ctx.storage, this.#context.stores);
  }

  /* ---- from users, by way of the Worker ------------------------------------------------------------------------ */

  command(request: CommandRequest): Promise<Reply> {
    return this.#intake.command(request);
  }

  edit(request: EditRequest): Promise<Reply> {
    return this.#intake.edit(request);
  }

  press(request: PressRequest): Promise<Reply> {
    return this.#intake.press(request);
  }

  card(request: Omit<CommandRequest, "intent">): Promise<Reply> {
    return this.#intake.card(request);
  }

  /* ---- from agents, by way of the Worker ----------------------------------------------------------------------- */

  async register(by: Reporter, body: RegisterBody): Promise<Refusal | undefined> {
    return this.#membership.register(by, body);
  }

  async unregister(by: Reporter, reason?: string): Promise<Refusal | undefined> {
    return this.#membership.unregister(by, reason);
  }

  notify(by: Reporter, body: NotificationBody): Promise<Notified> {
    return this.#announcing.notify(by, body);
  }

  async closeQuestion(by: Reporter, nonce: string, how: string): Promise<Refusal | undefined> {
    return this.#announcing.closeQuestion(by, nonce, how);
  }

  /** For inspection: never a token. */
  inspect(by: Reporter): { status: "session"; reply: SessionReply } | Refusal {
    const refusal = this.#announcing.refusalOf(by);
    const session = this.#context.session();
    if (refusal !== undefined && refusal.code !== 404) return refusal;
    if (session === undefined || session.ownerId !== by.ownerId || session.machineId !== by.machineId) {
      return { status: "refused", code: 404, error: "this session is not registered" };
    }
    const { stores } = this.#context;
    const { states, last } = stores.commands.summary();
    return {
      status: "session",
      reply: {
        sessionId: session.sessionId,
        machineId: session.machineId,
        label: session.label,
        registeredAt: session.registeredAt,
        endedAt: session.endedAt,
        tokens: stores.tokens.count,
        messages: stores.messages.count,
        questions: stores.questions.allOpen().length,
        commands: states,
        lastOutcomes: last,
      },
    };
  }

  /* ---- from machines and other sessions ------------------------------------------------------------------------ */

  /** Takes outcomes, from the machine and the owner written in the command and from nobody else. */
  async results(by: Reporter, results: readonly Result[]): Promise<void> {
    if (!this.#schema.exists) return;
    for (const { name, text, ...told } of results) {
      const command = this.#commandFrom(by, name);
      if (command === undefined) continue;
      if (text !== undefined && text !== command.text) this.#context.stores.commands.edit(name, text, null);
      const { outcome, error } = asReported(command, told, this.#context.session());
      this.#context.finish(name, outcome, error);
    }
    await this.#context.show();
    await this.#context.dispatcher.idle();
  }

  /** How far a command has come, where that is worth telling. */
  async progress(by: Reporter, name: string, state: "held" | "typed", reason: string | null): Promise<void> {
    // Typed before accepted shows nothing new; where nothing can prove more, the result says typed.
    if (state === "typed" || this.#commandFrom(by, name) === undefined) return;
    if (this.#context.stores.commands.advance(name, "held", reason, Date.now())) await this.#context.show();
  }

  /** A machine says that the session is over there. */
  async endedByMachine(by: Reporter, why: string): Promise<void> {
    const session = this.#context.session();
    if (session === undefined || session.machineId !== by.machineId || session.ownerId !== by.ownerId) return;
    await this.#membership.end(why);
  }

  succeededBy(by: Reporter, successor: string): Refusal | undefined {
    return this.#membership.succeededBy(by, successor);
  }

  whereabouts(): Whereabouts | null {
    return this.#context.whereabouts();
  }

  #commandFrom(by: Reporter, name: string): StoredCommand | undefined {
    const command = this.#schema.exists ? this.#context.stores.commands.get(name) : undefined;
    if (command === undefined) return undefined;
    if (command.machineId === by.machineId && command.ownerId === by.ownerId) return command;
    logEvent("result.foreign", { session: this.#context.ref, name, machineId: by.machineId });
    return undefined;
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
    const { stores, display, dispatcher, ref } = this.#context;
    return [
      ["ending", (now) => this.#membership.endWhatIsOver(now)],
      ["strikes", (now) => this.#membership.carryStrikes(now)],
      ["questions", (now) => (this.#announcing.expireQuestions(now), stores.questions.nextDue())],
      ["offers", async () => (await dispatcher.offer(ref), dispatcher.nextDue())],
      ["display", async () => (await display.settle(ref), display.nextDue())],
      ["memory", (now) => this.#pruning.prune(now)],
    ];
  }

  /** Only here is anything deleted, in one synchronous step that sees that nothing is live. */
  async #deleteIfDone(): Promise<null> {
    const { stores } = this.#context;
    const session = this.#context.session();
    const registered =
      session !== undefined && (session.endedAt === null || session.endedAt + AGES.tokenAfterEnd > Date.now());
    if (registered || !stores.commands.isEmpty || !stores.outbox.isEmpty) return null;
    await this.#schema.wipe();
    // These went with everything else.
    this.#context.alarm.rang();
    stores.memory.forget();
    logEvent("session.deleted", { session: this.#context.ref });
    return null;
  }
}
