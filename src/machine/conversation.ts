import * as v from "valibot";
import { logError, logEvent } from "../log.ts";
import {
  type AgentFrame,
  CLOSE,
  CommandId,
  type CommandResult,
  type Hello,
  LIMITS,
  parseAgentFrame,
  type Refused,
} from "../protocol.ts";
import { agree, type Attachment, attachmentOf, type Live } from "./connection.ts";
import type { MachineContext } from "./machine-context.ts";
import type { Outcomes } from "./outcomes.ts";

/** A session that registered this recently may be missing from a hello that was already on its way. */
const HELLO_GRACE_MS = 60_000;

const ENDED = "the session ended";

/** What the agent says on its socket, and what follows from it. */
export class Conversation {
  readonly #context: MachineContext;
  readonly #outcomes: Outcomes;

  constructor(context: MachineContext, outcomes: Outcomes) {
    this.#context = context;
    this.#outcomes = outcomes;
  }

  /** Never rejects. */
  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    try {
      await this.#receive(socket, message);
    } catch (error) {
      this.#failed(socket, error);
    }
  }

  /** A throw would leave the socket open and the other side waiting; a reconnect repeats what was lost. */
  #failed(socket: WebSocket, error: unknown): void {
    logError("frame.failed", error);
    this.#context.link.close(socket, CLOSE.bug, "an error in the router: reconnect");
  }

  async #receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // What is said on a socket that was closed from here is repeated on the next one, if its key is still good.
    if (socket.readyState !== WebSocket.READY_STATE_OPEN) return;
    const attachment = attachmentOf(socket);
    if (attachment === undefined) return this.#context.link.close(socket, CLOSE.bug, "unknown connection: reconnect");
    if (typeof message !== "string")
      return this.#context.link.refuse(socket, attachment, "a frame is text, not binary");
    if (bytesOf(message) > LIMITS.frameBytes)
      return this.#context.link.close(socket, CLOSE.tooBig, "a frame has at most 256 KB");
    const parsed = parseAgentFrame(message);
    if (parsed.status === "ignored") return logEvent("frame.ignored", { type: parsed.type.slice(0, 32) });
    if (parsed.status === "frame") return this.#onFrame(socket, attachment, parsed.frame);
    if (this.#isFenced(socket, attachment)) return;
    const id = v.is(CommandId, parsed.id) ? parsed.id : undefined;
    this.#context.link.refuse(socket, attachment, parsed.reason, id);
    if (id === undefined || attachment.state === "new") return;
    await this.#outcomes.endUnreadable(id, parsed.reason);
    await this.#left(socket, id);
  }

  async #onFrame(socket: WebSocket, attachment: Attachment, frame: AgentFrame): Promise<void> {
    if (frame.type === "hello") return this.#onHello(socket, attachment, frame);
    if (this.#isFenced(socket, attachment)) return;
    if (attachment.state === "new") return this.#context.link.refuse(socket, attachment, "the first frame is hello");
    switch (frame.type) {
      case "journaled":
        return this.#goOn(socket, this.#context.link.left(socket, attachment, frame.id));
      case "progress":
        return this.#besides(socket, this.#outcomes.tellProgress(frame));
      case "commandResult":
        return this.#besides(socket, this.#settle(socket, frame));
      case "refused":
        return this.#onRefused(socket, frame);
    }
  }

  /** A newer connection took over: what this one says may be old, and changes nothing. */
  #isFenced(socket: WebSocket, attachment: Attachment): boolean {
    if (attachment.state === "new" || this.#context.link.current(socket) !== undefined) return false;
    logEvent("frame.fenced", { connection: attachment.connection });
    return true;
  }

  async #onRefused(socket: WebSocket, { id, reason }: Refused): Promise<void> {
    logEvent("frame.refused.by.agent", { reason });
    if (id === undefined) return;
    await this.#outcomes.end(
      id,
      "failed",
      `the agent did not understand this command: update ccr-agent (${reason})`.slice(0, 500),
    );
    await this.#left(socket, id);
  }

  async #onHello(socket: WebSocket, attachment: Attachment, hello: Hello): Promise<void> {
    const machine = this.#context.machine();
    if (attachment.state !== "new") return this.#context.link.refuse(socket, attachment, "hello was said already");
    if (machine === undefined || machine.keyHash !== attachment.keyHash)
      return this.#context.link.close(socket, CLOSE.revoked, "this key is no longer good");
    const now = Date.now();
    const agreed = agree(hello.protocol);
    if ("refused" in agreed) return this.#context.link.close(socket, CLOSE.protocol, agreed.refused);
    // All or nothing: an epoch that is stored without its consequences would have lost commands sent again.
    const connection = this.#context.transaction(() => {
      if (machine.journalEpoch !== null && machine.journalEpoch !== hello.journalEpoch)
        this.#journalWasLost(machine.name, now);
      const named = new Set(hello.sessions);
      for (const { sessionId, registeredAt } of this.#context.sessions.all()) {
        if (named.has(sessionId) || registeredAt > now - HELLO_GRACE_MS) continue;
        this.#context.sessions.end(sessionId, ENDED);
        // What was sent is the agent's to answer; the rest must not reach it any more.
        for (const row of this.#context.queue.live(sessionId))
          if (row.sentOn === null) this.#context.queue.end(row.id, "failed", ENDED, now);
      }
      return this.#context.credential.connected(hello.journalEpoch, hello.agentVersion, now);
    });
    const live = this.#context.link.welcome(socket, attachment, connection, agreed.protocol);
    logEvent("machine.connected", {
      machineId: machine.name,
      connection: live.connection,
      protocol: live.protocol,
      agentVersion: hello.agentVersion,
    });
    // Before anything is awaited: what waits goes before what is offered from now on.
    await this.#goOn(socket, live);
    await this.#context.alarm.ringBy(now);
  }

  /** Nobody knows any more what became of the commands that were sent: they are never sent again. */
  #journalWasLost(machineId: string, now: number): void {
    for (const row of this.#context.queue.live()) {
      if (row.sentOn !== null) this.#context.queue.end(row.id, "unknown", `${machineId} lost its journal`, now);
    }
  }

  /**
   * Work that is not waited for, nor given to waitUntil: the runtime hands in the next frame only once this one is done
   * with. A session that is slow must not hold up others, and results that come at once are to go along with each other.
   * What is under way keeps the object awake all the same. A session knows which of two reports on a command is older.
   */
  #besides(socket: WebSocket, work: Promise<void>): void {
    void work.catch((error: unknown) => this.#failed(socket, error));
  }

  async #settle(socket: WebSocket, frame: CommandResult): Promise<void> {
    await this.#outcomes.settle(frame);
    this.#context.link.say(socket, { type: "resultStored", id: frame.id });
    await this.#left(socket, frame.id);
  }

  /** This command takes no place in the window any more. Read anew: while others were told, the socket went on. */
  async #left(socket: WebSocket, id: string): Promise<void> {
    const current = this.#context.link.current(socket);
    if (current !== undefined) await this.#goOn(socket, this.#context.link.left(socket, current, id));
  }

  async #goOn(socket: WebSocket, attachment: Live): Promise<void> {
    if (socket.readyState !== WebSocket.READY_STATE_OPEN) return;
    const now = Date.now();
    if (this.#context.link.pump({ socket, attachment }, now)) await this.#context.alarm.ringBy(now);
  }
}

/** The length of a text as UTF-8; one that is short in any case is not encoded to find out. */
function bytesOf(text: string): number {
  return text.length * 3 <= LIMITS.frameBytes ? text.length : new TextEncoder().encode(text).length;
}
