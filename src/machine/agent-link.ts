import { logEvent } from "../log.ts";
import { AGES, CLOSE, PING, PONG, WINDOW, type RouterFrame } from "../protocol.ts";
import type { CommandQueue } from "./command-queue.ts";
import type { QueueRow } from "./queue-row.ts";
import { attach, type Attachment, attachmentOf, isStale, type Live } from "./connection.ts";
import type { Credential } from "./credential.ts";
import { deliver } from "./delivery.ts";
import type { Asleep } from "./offer.ts";

/** The tenth frame of a bad shape on one connection ends it. */
const REFUSALS = 10;

/** The machine's newest connection, ready for commands. */
export interface LiveSocket {
  readonly socket: WebSocket;
  readonly attachment: Live;
}

/**
 * The machine's hibernating WebSocket: who is connected, what was sent on this connection, what the window still
 * takes. All of its state lies in the queue and on the sockets, so it survives hibernation.
 */
export class AgentLink {
  readonly #ctx: DurableObjectState;
  readonly #queue: CommandQueue;
  readonly #credential: Credential;

  constructor(ctx: DurableObjectState, queue: CommandQueue, credential: Credential) {
    this.#ctx = ctx;
    this.#queue = queue;
    this.#credential = credential;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Takes a new socket. Nothing is sent on it before its hello. */
  accept(socket: WebSocket, keyHash: string, now: number): void {
    this.#ctx.acceptWebSocket(socket);
    attach(socket, { state: "new", connectedAt: now, keyHash, refusals: 0 });
  }

  /** Makes this the machine's connection, under the number that its hello was given, and fences every older one. */
  welcome(socket: WebSocket, attachment: Attachment, connection: number, protocol: number): Live {
    for (const other of this.#ctx.getWebSockets()) {
      if (other !== socket && attachmentOf(other)?.state === "live")
        this.close(other, CLOSE.replaced, "a newer connection took over");
    }
    const live: Live = { ...attachment, state: "live", connection, protocol, window: [] };
    attach(socket, live);
    this.say(socket, { type: "welcome", protocol, window: WINDOW });
    return live;
  }

  /** The attachment of a socket whose frames count; undefined for one that was fenced, revoked or never said hello. */
  current(socket: WebSocket): Live | undefined {
    const attachment = attachmentOf(socket);
    if (attachment?.state !== "live") return undefined;
    const machine = this.#credential.read();
    const same = attachment.connection === machine?.connection && attachment.keyHash === machine.keyHash;
    return same ? attachment : undefined;
  }

  /**
   * The connection on which a command can go out now. One that was silent for too long is closed, and its machine
   * counts as asleep since it was last heard.
   */
  live(now: number): LiveSocket | undefined {
    const newest = this.#newest();
    if (newest === undefined) return undefined;
    const heard = this.#heard(newest);
    if (!isStale(heard, now)) return newest;
    this.#credential.seen(heard);
    this.close(newest.socket, CLOSE.heartbeatLost, "no ping for 45 seconds");
    return undefined;
  }

  /** Null while the machine is awake. */
  asleep(now: number, live = this.live(now)): Asleep | null {
    return live === undefined ? { since: this.#credential.read()?.lastSeenAt ?? null } : null;
  }

  /** Whether a command may go out at once. Where there is room nothing waits: every opening is pumped full. */
  hasRoom({ attachment }: LiveSocket): boolean {
    return attachment.window.length < WINDOW;
  }

  /**
   * Sends what the window takes of what this connection has not seen yet, in order. Rows that cannot go out are ended.
   * Returns whether it ended any: their SessionDOs have to be told.
   */
  pump({ socket, attachment }: LiveSocket, now: number): boolean {
    let window = attachment.window;
    let ended = false;
    for (;;) {
      const room = WINDOW - window.length;
      const rows = room > 0 ? this.#queue.toSend(attachment.connection, room) : [];
      if (rows.length === 0) break;
      const deliveries = rows.map((row) => ({ row, ...deliver(row, attachment.protocol, now) }));
      const sent = deliveries.flatMap(({ step, row }) => (step === "send" ? [row.id] : []));
      // Written before anything is said: what leaves waits for the writes that came before it, and for no others.
      if (sent.length > 0) this.#queue.markSent(sent, attachment.connection);
      for (const delivery of deliveries) {
        const { row } = delivery;
        if (delivery.step === "send") this.say(socket, delivery.frame);
        else if (delivery.step === "cancel") this.cancel({ socket, attachment }, row);
        else this.#queue.end(row.id, delivery.outcome, delivery.error, now);
        ended ||= delivery.step === "end";
      }
      if (sent.length > 0) window = [...window, ...sent];
    }
    if (window !== attachment.window) attach(socket, { ...attachment, window });
    return ended;
  }

  /** Sends one command that was stored as sent on this connection. Returns the connection with it in its window. */
  sendNow({ socket, attachment }: LiveSocket, id: string, frame: string): LiveSocket {
    const next: Live = { ...attachment, window: [...attachment.window, id] };
    attach(socket, next);
    this.say(socket, frame);
    return { socket, attachment: next };
  }

  /** The agent has this command in its journal: the window opens by one. */
  left(socket: WebSocket, attachment: Live, id: string): Live {
    if (!attachment.window.includes(id)) return attachment;
    const next: Live = { ...attachment, window: attachment.window.filter((sent) => sent !== id) };
    attach(socket, next);
    return next;
  }

  /** Asks the agent to cancel what was sent to it; it has been asked on this connection from then on. */
  cancel(
    { socket, attachment }: LiveSocket,
    { id, sessionId, sentOn }: Pick<QueueRow, "id" | "sessionId" | "sentOn">,
  ): void {
    if (sentOn !== attachment.connection) this.#queue.markSent([id], attachment.connection);
    this.say(socket, { type: "cancel", id, sessionId });
  }

  /** Tells the other side that a frame was no good; the tenth time the connection ends. */
  refuse(socket: WebSocket, attachment: Attachment, reason: string, id?: string): void {
    const refusals = attachment.refusals + 1;
    attach(socket, { ...attachment, refusals });
    logEvent("frame.refused", { reason, refusals });
    this.say(socket, { type: "refused", reason, ...(id === undefined ? {} : { id }) });
    if (refusals >= REFUSALS) this.close(socket, CLOSE.policy, "too many malformed frames");
  }

  /** Closes the sockets that were opened with a key that is not this one. */
  revokeAllBut(keyHash: string | null): void {
    for (const socket of this.#ctx.getWebSockets()) {
      if (attachmentOf(socket)?.keyHash !== keyHash) this.close(socket, CLOSE.revoked, "this key is no longer good");
    }
  }

  /** Closes the sockets that never said hello; returns when the next one is due, null where none waits. */
  dropSilent(now: number): number | null {
    let next: number | null = null;
    for (const socket of this.#ctx.getWebSockets()) {
      const attachment = attachmentOf(socket);
      if (attachment?.state !== "new" || socket.readyState !== WebSocket.READY_STATE_OPEN) continue;
      const due = attachment.connectedAt + AGES.helloWithin;
      if (due <= now) this.close(socket, CLOSE.noHello, "no hello within 10 seconds");
      else next = Math.min(next ?? due, due);
    }
    return next;
  }

  /** A socket is gone; where it was the machine's, the machine sleeps: from now on, or since it fell silent. */
  gone(socket: WebSocket, now: number): void {
    const attachment = this.current(socket);
    if (attachment === undefined) return;
    const heard = this.#heard({ socket, attachment });
    this.#credential.seen(isStale(heard, now) ? heard : now);
  }

  /** Says something on a socket that is open; on a closed one nobody listens, and the next connection repeats it. */
  say(socket: WebSocket, frame: RouterFrame | string): void {
    if (socket.readyState !== WebSocket.READY_STATE_OPEN) return;
    socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  close(socket: WebSocket, code: number, reason: string): void {
    if (socket.readyState === WebSocket.READY_STATE_OPEN) socket.close(code, reason);
  }

  /** When this connection gave its last sign of life. */
  #heard({ socket, attachment }: LiveSocket): number {
    return Math.max(attachment.connectedAt, this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0);
  }

  #newest(): LiveSocket | undefined {
    const connection = this.#credential.read()?.connection;
    for (const socket of this.#ctx.getWebSockets()) {
      // A socket that is closing is still listed.
      if (socket.readyState !== WebSocket.READY_STATE_OPEN) continue;
      const attachment = attachmentOf(socket);
      if (attachment?.state === "live" && attachment.connection === connection) return { socket, attachment };
    }
    return undefined;
  }
}
