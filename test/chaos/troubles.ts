import { setTimeout as pause } from "node:timers/promises";
import { MACHINES, SESSION_NAMES, SESSIONS } from "./cast.ts";
import type { MachineId, SessionName } from "./cast.ts";
import type { Happened } from "./history.ts";
import type { People } from "./people.ts";
import type { Fault } from "./plan.ts";
import { refOf } from "./world.ts";
import type { World } from "./world.ts";

/** How long two terminals of a session live side by side while it moves. */
const MOVING_MS = 600;

/** Makes things go wrong, and right again. What would step on another's toes waits for it. */
export class Troubles {
  readonly happened: Happened[] = [];
  readonly #world: World;
  readonly #people: People;
  readonly #turns = new Map<string, Promise<void>>();
  /** Where each session runs. */
  readonly #at = new Map<SessionName, MachineId>(SESSION_NAMES.map((session) => [session, SESSIONS[session]]));

  constructor(world: World, people: People) {
    this.#world = world;
    this.#people = people;
  }

  /** Resolves when it is put right again. */
  async make(fault: Fault): Promise<void> {
    await this.#inTurn(turnOf(fault), async () => {
      if ("at" in fault) await this.#world.come(fault.at);
      const happened: Happened = { fault, from: Date.now(), to: Number.POSITIVE_INFINITY };
      this.happened.push(happened);
      await this.#make(fault);
      happened.to = Date.now();
    });
  }

  /** Everything is put right, and the machines wake up. Resolves when nothing goes wrong any more. */
  async end(): Promise<void> {
    await Promise.all(this.#turns.values());
    await this.#world.gate.heal();
    for (const name of MACHINES) {
      this.#world.link(name).heal();
      await this.#revive(name);
      // A machine that wakes up does not wait for its next try to connect.
      this.#world.machine(name).shiftClock(1);
    }
  }

  async #make(fault: Fault): Promise<void> {
    const { telegram, router, scripts, gate } = this.#world;
    switch (fault.do) {
      case "cut":
        return this.#world.link(fault.machine).cut();
      case "delay":
      case "half-open":
      case "truncate":
      case "unreachable":
      case "ghost":
        return this.#network(fault);
      case "stop-agent":
      case "kill-agent":
      case "lose-journal":
      case "usurp":
      case "tear-journal":
      case "clock":
        return this.#agent(fault);
      case "full-disk":
        return this.#fullDisk(fault.machine, fault.ms);
      case "stop-run":
      case "kill-run":
      case "move":
        return this.#session(fault);
      case "evict-session":
        return this.#evict("SessionDO", refOf(fault.session));
      case "evict-machine":
        return this.#evict("MachineDO", fault.machine);
      case "kill-runtime":
        await router.kill();
        await pause(fault.ms);
        return router.restart();
      case "deploy":
        return router.restart();
      case "bad-deploy":
        await router.restart({ scriptPath: scripts.failing });
        await pause(fault.ms);
        return router.restart({ scriptPath: scripts.good });
      case "telegram":
        return telegram.fault({ kind: fault.kind, times: fault.times, retryAfter: 1 });
      case "webhook":
        return gate.trouble(fault.kind, fault.times);
      case "overtake":
        return this.#overtake(fault);
      case "redeliver":
        return this.#people.again(fault.back);
    }
  }

  async #evict(className: "SessionDO" | "MachineDO", name: string): Promise<void> {
    await this.#world.router.evict(className, name).catch((error: unknown) => {
      // It hibernates, or nobody has woken it since the runtime started: it is out of memory already.
      if (!String(error).includes("not currently running")) throw error;
    });
  }

  async #network(
    fault: Extract<Fault, { do: "delay" | "half-open" | "truncate" | "unreachable" | "ghost" }>,
  ): Promise<void> {
    const link = this.#world.link(fault.machine);
    if (fault.do === "truncate") return link.truncate(fault.way);
    if (fault.do === "delay") link.delay(fault.by);
    if (fault.do === "half-open") link.halfOpen(fault.way);
    if (fault.do === "unreachable") link.unreachable();
    if (fault.do === "ghost") link.leaveGhosts();
    await pause(fault.ms);
    if (fault.do === "ghost") await link.haunt();
    else link.heal();
  }

  async #agent(
    fault: Extract<Fault, { do: "stop-agent" | "kill-agent" | "lose-journal" | "tear-journal" | "usurp" | "clock" }>,
  ): Promise<void> {
    const machine = this.#world.machine(fault.machine);
    if (fault.do === "clock") return machine.shiftClock(fault.hours);
    if (fault.do === "stop-agent") {
      machine.signalAgent("SIGSTOP");
      await pause(fault.ms);
      return machine.signalAgent("SIGCONT");
    }
    if (fault.do === "usurp") {
      await machine.usurp(fault.ms);
      return machine.startAgent();
    }
    await machine.killAgent();
    if (fault.do === "lose-journal") machine.loseJournal();
    if (fault.do === "tear-journal") machine.tearJournal(fault.how, fault.frames);
    await pause(fault.ms);
    await this.#revive(fault.machine);
  }

  /** Starts an agent; a damaged journal that has to be moved away for it is a lost one. */
  async #revive(name: MachineId): Promise<void> {
    const from = Date.now();
    if (await this.#world.machine(name).reviveAgent())
      this.happened.push({ fault: { do: "lose-journal", machine: name, ms: 0 }, from, to: Date.now() });
  }

  async #fullDisk(name: MachineId, ms: number): Promise<void> {
    const machine = this.#world.machine(name);
    machine.fillDisk();
    await pause(ms);
    machine.makeRoom();
    // One that was started meanwhile has given up.
    await this.#inTurn(turnOfAgent(name), () => this.#revive(name));
  }

  /** Messages of a chat and presses of a person come in queues of their own: only these overtake each other. */
  async #overtake({ session, reply, press }: Extract<Fault, { do: "overtake" }>): Promise<void> {
    const sent = [
      ...this.#people.do({ do: "reply", session, mark: reply }),
      ...this.#people.do({ do: "press", session, mark: press, twice: false }),
    ];
    const [late, early] = sent;
    if (late === undefined || early === undefined) throw new Error("both can always be sent");
    await this.#world.gate.letOvertake(early.updateId, late.updateId);
  }

  async #session(fault: Extract<Fault, { do: "stop-run" | "kill-run" | "move" }>): Promise<void> {
    const { terminals } = this.#world;
    const { machine, terminal } = terminals.of(fault.session);
    if (fault.do === "stop-run") {
      process.kill(terminal.pid, "SIGSTOP");
      await pause(fault.ms);
      process.kill(terminal.pid, "SIGCONT");
      return;
    }
    if (fault.do === "kill-run") {
      await terminal.end("SIGKILL");
      await pause(fault.ms);
      terminals.start(fault.session, machine);
      return;
    }
    if (this.#at.get(fault.session) === fault.to) return;
    this.#at.set(fault.session, fault.to);
    terminals.start(fault.session, this.#world.machine(fault.to));
    await pause(MOVING_MS);
    await terminal.end("SIGTERM");
  }

  #inTurn(turn: string, work: () => Promise<void>): Promise<void> {
    const mine = (this.#turns.get(turn) ?? Promise.resolve()).then(work);
    this.#turns.set(
      turn,
      mine.catch(() => {}),
    );
    return mine;
  }
}

/** Faults of one turn come one after the other. */
function turnOf(fault: Fault): string {
  switch (fault.do) {
    case "cut":
    case "delay":
    case "half-open":
    case "truncate":
    case "unreachable":
      return `network of ${fault.machine}`;
    case "ghost":
      return `ghosts of ${fault.machine}`;
    case "stop-agent":
    case "kill-agent":
    case "lose-journal":
    case "tear-journal":
    case "usurp":
    case "clock":
      return turnOfAgent(fault.machine);
    case "full-disk":
      return `disk of ${fault.machine}`;
    case "stop-run":
    case "kill-run":
    case "move":
      return `terminal of ${fault.session}`;
    case "evict-session":
    case "evict-machine":
    case "kill-runtime":
    case "deploy":
    case "bad-deploy":
      return "runtime";
    case "telegram":
    case "webhook":
    case "overtake":
    case "redeliver":
      return fault.do;
  }
}

function turnOfAgent(machine: MachineId): string {
  return `agent of ${machine}`;
}
