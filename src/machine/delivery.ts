import { type Command, type CommandKind, isCommandKind, KINDS, LIMITS } from "../protocol.ts";
import type { QueueRow } from "./queue-row.ts";

/** What a connection has to do about one row of the queue. */
export type Delivery =
  | { readonly step: "send"; readonly frame: string }
  | { readonly step: "cancel" }
  | { readonly step: "end"; readonly outcome: "expired" | "failed" | "unknown"; readonly error: string };

/**
 * Decides how a row goes out on a connection that speaks `protocol`. A row that was sent before goes out again even
 * when its time is over: the agent knows what became of it, and only the agent.
 */
export function deliver(row: QueueRow, protocol: number, now: number): Delivery {
  if (row.cancelling) return { step: "cancel" };
  if (row.sentOn === null && row.expiresAt <= now) return { step: "end", outcome: "expired", error: EXPIRED };
  const { kind } = row;
  // Sent before, by a router or to an agent that was newer: nobody can ask this one what became of it.
  const outcome = row.sentOn === null ? "failed" : "unknown";
  if (!isCommandKind(kind)) return { step: "end", outcome, error: UNKNOWN_KIND };
  if (KINDS[kind] > protocol) return { step: "end", outcome, error: "update ccr-agent on this machine" };
  const frame = JSON.stringify(commandFrame(row, kind, Math.max(0, row.expiresAt - now)));
  // A command of 64 KB fits easily, unless it is full of characters that JSON writes as six.
  if (new TextEncoder().encode(frame).length > LIMITS.frameBytes) {
    return { step: "end", outcome: "failed", error: "too long to be sent to the machine: send it in parts" };
  }
  return { step: "send", frame };
}

/** Why a command that never left the queue is not typed any more. */
export const EXPIRED = "the machine did not come back in time";

/** Why a command that a newer router accepted is not sent by this one. */
export const UNKNOWN_KIND = "the router is older than this command: send it again once the router is up to date";

function commandFrame(row: QueueRow, kind: CommandKind, remainingMs: number): Command {
  const { id, sessionId, command } = row;
  const fields = { type: "command", id, sessionId, command, remainingMs } as const;
  if (kind !== "answer") return { ...fields, kind };
  return { ...fields, kind, nonce: row.nonce ?? "", ...(row.choice === undefined ? {} : { choice: row.choice }) };
}
