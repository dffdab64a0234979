import type { Command } from "../../src/protocol.ts";
import type { Waiting } from "./turn.ts";

/** A command that waits for its turn. */
export interface Queued extends Waiting {
  command: Command;
  /** The reason that was told for its being held, so that it is told once. */
  told: string | null;
}

/** What this connection has sent and is not under way, by session. */
export class WaitingCommands {
  readonly #queues = new Map<string, Queued[]>();

  /** One that waits already takes on what is new about it. */
  add(one: Queued): void {
    this.drop(one.id);
    this.#queues.set(one.command.sessionId, [...this.of(one.command.sessionId), one]);
  }

  of(sessionId: string): readonly Queued[] {
    return this.#queues.get(sessionId) ?? [];
  }

  sessions(): string[] {
    return [...this.#queues.keys()];
  }

  drop(id: string): void {
    for (const [sessionId, queue] of this.#queues) {
      const left = queue.filter((one) => one.id !== id);
      if (left.length === 0) this.#queues.delete(sessionId);
      else this.#queues.set(sessionId, left);
    }
  }

  /** A session goes on under another name. */
  rename(from: string, to: string): void {
    const moved = this.of(from);
    this.#queues.delete(from);
    for (const one of moved) one.command = { ...one.command, sessionId: to };
    if (moved.length > 0) this.#queues.set(to, [...moved, ...this.of(to)]);
  }

  clear(): void {
    this.#queues.clear();
  }
}
