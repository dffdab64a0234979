import { AlarmClock } from "../actor/alarm-clock.ts";
import { Memory } from "../actor/memory.ts";
import type { Schema } from "../actor/schema.ts";
import { configOf } from "../config.ts";
import { botApi } from "../telegram/bot.ts";
import { AgentLink } from "./agent-link.ts";
import { CommandQueue } from "./command-queue.ts";
import { Credential, type Machine } from "./credential.ts";
import { Pairing } from "./pairing.ts";
import { SessionIndex } from "./session-index.ts";

/** What the parts of a MachineDO share: its stores, its socket, its alarm, and who may do what. */
export class MachineContext {
  readonly env: Env;
  readonly schema: Schema;
  readonly alarm: AlarmClock;
  readonly memory = new Memory();
  readonly credential: Credential;
  readonly queue: CommandQueue;
  readonly sessions: SessionIndex;
  readonly pairing: Pairing;
  readonly link: AgentLink;
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState, env: Env, schema: Schema) {
    this.#ctx = ctx;
    this.env = env;
    this.schema = schema;
    this.alarm = new AlarmClock(ctx.storage);
    this.credential = new Credential(ctx.storage, schema, this.memory);
    this.queue = new CommandQueue(ctx.storage, this.memory);
    this.sessions = new SessionIndex(ctx.storage, this.memory);
    this.pairing = new Pairing(ctx.storage, botApi(env));
    this.link = new AgentLink(ctx, this.queue, this.credential);
  }

  /** All of the writes or none. */
  transaction<Result>(work: () => Result): Result {
    try {
      return this.#ctx.storage.transactionSync(work);
    } catch (error) {
      this.memory.forget();
      throw error;
    }
  }

  /** Undefined where nothing was ever paired under this name. */
  machine(): Machine | undefined {
    return this.credential.read();
  }

  /** The name that this machine was or will be paired under. */
  get name(): string {
    const { name } = this.#ctx.id;
    if (name === undefined) throw new Error("a MachineDO is reached by name");
    return name;
  }

  /** Whether this is the user whose machine this is, now, and who is still allowed. */
  isOwner(userId: number): boolean {
    const machine = this.machine();
    return machine !== undefined && machine.keyHash !== null && machine.ownerId === userId && this.isAllowed(userId);
  }

  isAllowed(userId: number): boolean {
    return configOf(this.env).allowedUserIds.has(userId);
  }
}
