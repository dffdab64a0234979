import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pairingLine } from "../../agent/demo/pairing.ts";
import { makeSecrets } from "../../agent/demo/secrets.ts";
import { BOT_USERNAME, bindingsFor, setWebhook } from "../../agent/demo/stack.ts";
import { TelegramStandIn } from "../../agent/demo/telegram/telegram-stand-in.ts";
import { until } from "../../agent/until.ts";
import { Router } from "../../agent/home/router.ts";
import { ASKER, MACHINES, OTHER_OWNER, OWNER, OWNER_OF, ownerOf, SESSION_NAMES, SESSIONS } from "./cast.ts";
import type { MachineId, SessionName } from "./cast.ts";
import { Asker } from "./asker.ts";
import { ChaosMachine } from "./chaos-machine.ts";
import { type CrashPoints, isCrashPoint } from "./crash-points.ts";
import type { Frame } from "./history.ts";
import { LinkProxy } from "./link-proxy.ts";
import { Moments } from "./moments.ts";
import type { Moment } from "./plan.ts";
import { FAILING_ALARMS, patchedAgent, patchedWorker } from "./patched.ts";
import type { Patch } from "./patched.ts";
import { readAgent, readStorage } from "./storage.ts";
import type { Stored } from "./storage.ts";
import { Terminals } from "./terminals.ts";
import { WebhookGate } from "./webhook-gate.ts";

/** Telegram's pauses between two tries of an update are made this much shorter. */
const RETRY_SCALE = 0.1;

export interface WorldOptions {
  /** The built Worker: one JavaScript module. */
  scriptPath: string;
  /** What is changed in the agent's code; nothing where it is left out. */
  agentPatches?: readonly Patch[];
  /** Where both can be held, if the copies know of them. */
  points?: CrashPoints;
}

/** The Worker, and a bad copy of it whose alarms all fail. */
interface Scripts {
  good: string;
  failing: string;
}

/** Where a session can be reached. */
interface Address {
  token: string;
  messageId: number;
}

/** The whole system: the Worker in its runtime, agents, terminals, Telegram, and the networks between them. */
export class World {
  readonly folder: string;
  readonly telegram: TelegramStandIn;
  readonly router: Router;
  readonly gate: WebhookGate;
  readonly frames: Frame[];
  readonly moments: Moments;
  readonly terminals: Terminals;
  readonly asker: Asker;
  readonly scripts: Scripts;
  readonly #points: CrashPoints | undefined;
  readonly #links: ReadonlyMap<MachineId, LinkProxy>;
  readonly #machines: ReadonlyMap<MachineId, ChaosMachine>;
  readonly #addresses = new Map<SessionName, Address>();

  private constructor(
    folder: string,
    telegram: TelegramStandIn,
    router: Router,
    gate: WebhookGate,
    links: Map<MachineId, LinkProxy>,
    agentFolder: string,
    scripts: Scripts,
    frames: Frame[],
    moments: Moments,
    points: CrashPoints | undefined,
  ) {
    this.folder = folder;
    this.scripts = scripts;
    this.#points = points;
    this.telegram = telegram;
    this.router = router;
    this.gate = gate;
    this.frames = frames;
    this.moments = moments;
    this.#links = links;
    this.terminals = new Terminals(folder);
    this.#machines = new Map(
      [...links].map(([name, { url }]) => [name, new ChaosMachine(name, join(folder, name), url, agentFolder)]),
    );
    this.asker = new Asker(this.machine(ASKER.machine));
  }

  /** Starts everything, pairs the machines and opens the sessions. Nothing goes wrong yet. */
  static async start({ scriptPath, agentPatches = [], points }: WorldOptions): Promise<World> {
    // Short, for the sockets in it.
    const folder = await mkdtemp(join(tmpdir(), "chaos-"));
    // A copy: agents that are started again must be what they were, whoever edits the code meanwhile.
    const agentFolder = patchedAgent(join(folder, "code"), agentPatches);
    const scripts = { good: scriptPath, failing: patchedWorker(scriptPath, folder, FAILING_ALARMS) };
    const secrets = makeSecrets();
    const telegram = await TelegramStandIn.start({
      token: secrets.botToken,
      username: BOT_USERNAME,
      retryScale: RETRY_SCALE,
    });
    const router = await Router.start({
      folder: join(folder, "router"),
      scriptPath,
      bindings: bindingsFor({ secrets, userIds: [OWNER, OTHER_OWNER] }, telegram.url),
    });
    const moments = new Moments();
    telegram.on("change", ({ type }) => {
      if (type === "call") moments.passes("telegram call");
    });
    const webhook = `${router.url}/webhook/telegram/${secrets.webhookPathSecret}`;
    const gate = await WebhookGate.start(webhook, () => moments.passes("update"));
    const frames: Frame[] = [];
    const links = new Map<MachineId, LinkProxy>();
    for (const name of MACHINES) {
      links.set(name, await LinkProxy.start(name, router.url, frames, (type) => moments.passes(type)));
    }
    const world = new World(folder, telegram, router, gate, links, agentFolder, scripts, frames, moments, points);
    try {
      await setWebhook(telegram.url, gate.url, secrets);
      await Promise.all(MACHINES.map((name) => world.#pair(name)));
      for (const name of MACHINES) world.machine(name).startAgent();
      await Promise.all(MACHINES.map((name) => world.machine(name).online()));
      await Promise.all(SESSION_NAMES.map((session) => world.#open(session)));
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  /** Resolves at this moment, or when it has not come for long. */
  async come(moment: Moment): Promise<void> {
    if (isCrashPoint(moment.next)) await this.#points?.reached(moment.next);
    else await this.moments.come(moment);
  }

  machine(name: MachineId): ChaosMachine {
    return found(this.#machines.get(name), name);
  }

  link(name: MachineId): LinkProxy {
    return found(this.#links.get(name), name);
  }

  address(session: SessionName): Address {
    return found(this.#addresses.get(session), session);
  }

  /** What the objects and the agents hold now. */
  stored(): Stored {
    const stored = readStorage(join(this.folder, "router", "storage"));
    for (const name of MACHINES) {
      const { untyped, left } = readAgent(this.machine(name).database, name);
      // What ended without this journal's knowledge nobody sends again; it is never typed, and expires where it lies.
      const forgotten = (id: string): boolean => this.machine(name).outdated && hasOutcome(stored, id);
      stored.leftovers.push(
        ...left,
        ...untyped.filter((id) => !forgotten(id)).map((id) => `${name} has not typed ${id}`),
      );
    }
    for (const session of SESSION_NAMES) {
      const { machine, terminal } = this.terminals.of(session);
      const place = stored.places.get(session) ?? "nowhere";
      if (!terminal.ended && place !== machine.name)
        stored.leftovers.push(`${session} runs on ${machine.name}, and the router has it ${place}`);
    }
    return stored;
  }

  /** @param keep leaves the folder, to look into it */
  async stop(keep = false): Promise<void> {
    await this.asker.stop();
    await this.terminals.stop();
    await Promise.all(MACHINES.map((name) => this.machine(name).killAgent()));
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
    await this.router.stop();
    await this.telegram.stop();
    await this.gate.stop();
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }

  async #pair(name: MachineId): Promise<void> {
    const userId = OWNER_OF[name];
    this.telegram.send({ chatId: userId, userId, text: `/pair ${name}` });
    const line = await until(`the bot to answer /pair ${name}`, () =>
      this.telegram
        .messages(userId)
        .filter(({ text = "" }) => text.includes(`${name.toUpperCase()}-`) || text.includes(`${name}-`))
        .flatMap(({ text = "" }) => pairingLine(text) ?? [])
        .at(-1),
    );
    const { status, stderr } = await this.machine(name).command("pair", line.url, line.code);
    if (status !== 0) throw new Error(`${name} could not be paired: ${stderr}`);
  }

  async #open(session: SessionName): Promise<void> {
    const machine = this.machine(SESSIONS[session]);
    const terminal = this.terminals.start(session, machine);
    await until(`the terminal of ${session}`, () => terminal.output().includes("reading"));
    const text = `${session} is ready`;
    await until(`${session} to be attached`, async () => {
      const { status } = await machine.command("notify", "--session", session, "--button", "Go=go", text);
      return status === 0;
    });
    const message = await until(`the message of ${session}`, () =>
      this.telegram.messages(ownerOf(session)).find(({ text: held = "", from }) => from.is_bot && held.includes(text)),
    );
    const token = /start=([\w-]{28})/.exec(message.entities?.[0]?.url ?? "")?.[1];
    if (token === undefined) throw new Error(`the message of ${session} has no header`);
    this.#addresses.set(session, { token, messageId: message.message_id });
  }
}

/** The name of a session's object. */
export function refOf(session: SessionName): string {
  return createHash("sha256").update(session).digest().subarray(0, 12).toString("base64url");
}

function hasOutcome({ commands }: Stored, id: string): boolean {
  const command = commands.find(({ name }) => id.endsWith(`.${name}`));
  return command !== undefined && command.state !== "offered" && command.state !== "held";
}

function found<Found>(value: Found | undefined, what: string): Found {
  if (value === undefined) throw new Error(`there is no ${what} here`);
  return value;
}
