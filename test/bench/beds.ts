import { join } from "node:path";
import { buildWorker } from "../../agent/home/build-worker.ts";
import type { Command } from "../../src/protocol.ts";
import { bundle } from "./bundles.ts";
import { type Machine, populate, populateFloor, populateNaive } from "./populate.ts";
import { TelegramSink } from "./telegram-sink.ts";
import { type Address, Testbed } from "./testbed.ts";

/** How many sessions are written to in turn. */
export const SESSIONS = 32;

/** A design at work, and whom to write to. */
export interface Place {
  readonly bed: Testbed;
  readonly addresses: readonly Address[];
}

interface SimpleOptions {
  readonly messages?: number;
  readonly onCommand?: (command: Command) => void;
}

/** Starts the designs, each in a runtime and a folder of its own, and stops them. */
export class Beds {
  readonly sink: TelegramSink;
  readonly #folder: string;
  #worker: Promise<string> | undefined;
  readonly #beds: Testbed[] = [];

  private constructor(folder: string, sink: TelegramSink) {
    this.#folder = folder;
    this.sink = sink;
  }

  static async start(folder: string): Promise<Beds> {
    return new Beds(folder, await TelegramSink.start());
  }

  async stop(): Promise<void> {
    await this.clear();
    await this.sink.stop();
  }

  /** Stops what runs, so that it disturbs nothing that follows. */
  async clear(): Promise<void> {
    for (const bed of this.#beds.splice(0)) await bed.stop();
  }

  /** Where this design's objects keep their files. */
  storageOf(name: string): string {
    return join(this.#folder, name, "storage");
  }

  /** A folder beside the designs. */
  folder(name: string): string {
    return join(this.#folder, name);
  }

  /** This project, with nobody in it. */
  async router(name: string): Promise<Testbed> {
    this.#worker ??= buildWorker(join(this.#folder, "worker"));
    return this.#start(name, await this.#worker, "router");
  }

  /** This project with one machine. `connected`: its agent is online. */
  async routerWith(name: string, sessions = SESSIONS, connected = true): Promise<Place & { machine: Machine }> {
    const bed = await this.router(name);
    const machine = await populate(bed, "desk", sessions);
    if (connected) await bed.connect(machine);
    return { bed, machine, addresses: machine.addresses.slice(0, SESSIONS) };
  }

  /** The naive design, with one machine and so many messages in its memory. `onCommand` hears what its client gets. */
  async naive(name: string, { messages = 0, onCommand }: SimpleOptions = {}): Promise<Place> {
    const bed = await this.#start(name, await bundle("naive", this.#folder), "naive");
    const machine = await populateNaive(bed, "desk", SESSIONS, messages);
    await bed.connect(machine, onCommand);
    return { bed, addresses: machine.addresses };
  }

  /** The floor, with one machine. */
  async floor(name: string, { onCommand }: SimpleOptions = {}): Promise<Place> {
    const bed = await this.#start(name, await bundle("floor", this.#folder), "floor");
    const machine = populateFloor(bed, "desk", SESSIONS);
    await bed.connect(machine, onCommand);
    return { bed, addresses: machine.addresses };
  }

  /** More machines on a design that runs, each with one session. */
  async spread(bed: Testbed, populateOne: typeof populate | typeof populateFloor): Promise<Place> {
    const addresses: Address[] = [];
    for (let n = 0; n < SESSIONS; n++) {
      const machine = await populateOne(bed, `box-${n}`, 1);
      await bed.connect(machine);
      addresses.push(...machine.addresses);
    }
    return { bed, addresses };
  }

  async #start(name: string, scriptPath: string, manners: "router" | "naive" | "floor"): Promise<Testbed> {
    const { sink } = this;
    const bed = await Testbed.start({ name, folder: join(this.#folder, name), scriptPath, sink, manners });
    this.#beds.push(bed);
    return bed;
  }
}
