import * as v from "valibot";
import { AGES, PROTOCOL } from "../protocol.ts";

/** What a socket carries through hibernation (at most 16 KB: the window's 16 ids take under 2). */
const Attachment = v.variant("state", [
  v.object({ state: v.literal("new"), connectedAt: v.number(), keyHash: v.string(), refusals: v.number() }),
  v.object({
    state: v.literal("live"),
    connectedAt: v.number(),
    keyHash: v.string(),
    refusals: v.number(),
    /** Which of the machine's connections this is. Frames of any but the newest change nothing. */
    connection: v.number(),
    protocol: v.number(),
    /** Sent on this connection, and not yet journaled by the agent. */
    window: v.array(v.string()),
  }),
]);
export type Attachment = v.InferOutput<typeof Attachment>;
export type Live = Extract<Attachment, { state: "live" }>;

/** What hangs on the sockets of objects that are awake: every frame asks. After hibernation a socket is another object. */
const known = new WeakMap<WebSocket, Attachment>();

/** Reads what hangs on a socket; undefined where an older or newer Worker hung something else there. */
export function attachmentOf(socket: WebSocket): Attachment | undefined {
  const kept = known.get(socket);
  if (kept !== undefined) return kept;
  const result = v.safeParse(Attachment, socket.deserializeAttachment());
  return result.success ? result.output : undefined;
}

/** Hangs this on a socket, in the place of what hung there. */
export function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
  known.set(socket, attachment);
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** The highest protocol version that both sides speak; where there is none, why, and which side is to be updated. */
export function agree(agent: Range, router: Range = PROTOCOL): { protocol: number } | { refused: string } {
  const protocol = Math.min(agent.max, router.max);
  if (protocol >= Math.max(agent.min, router.min)) return { protocol };
  const older = agent.min > router.max ? "the router" : "ccr-agent";
  return {
    refused: `this router speaks protocol ${router.min} to ${router.max}, you ${agent.min} to ${agent.max}: update ${older}`,
  };
}

/** A socket that was silent for too long is taken for dead: `send` to a sleeping laptop succeeds all the same. */
export function isStale(heard: number, now: number): boolean {
  return now - heard >= AGES.staleAfter;
}

/** Codes that a close frame may not carry (RFC 6455 section 7.4.1) are answered with 1000. */
export function closeCodeToAnswer(code: number): number {
  return code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
}
