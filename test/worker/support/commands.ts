import { sessionRef } from "../../../src/address/reply-token.ts";
import type { Offer, Offered } from "../../../src/machine/offer.ts";
import { HOUR } from "./clock.ts";
import type { Machine } from "./machine.ts";
import { machineObject, query, sessionObject } from "./objects.ts";
import { deliverCold } from "./router.ts";
import { write } from "./telegram.ts";

/** A command as its session would offer it: number `n` of this session. */
export async function offer(sessionId: string, n: number, more: Partial<Offer> = {}): Promise<Offer> {
  const id = `${await sessionRef(sessionId)}.m1001.${n}`;
  return { id, kind: "text", sessionId, command: `${sessionId} ${n}`, expiresAt: Date.now() + HOUR, ...more };
}

/** Commands `from` to `to` of a session. */
export async function offersFrom(sessionId: string, from: number, to: number): Promise<Offer[]> {
  return Promise.all(Array.from({ length: to - from + 1 }, (_, index) => offer(sessionId, from + index)));
}

/** Offers commands to a machine, past the chat and the session: for what is between this machine and its agent only. */
export async function give(machine: Machine, ...offers: Offer[]): Promise<Offered[]> {
  return machineObject(machine.name).offer(machine.owner, offers);
}

/** A command that was asked for in the chat. */
export interface Asked {
  readonly id: string;
  readonly name: string;
  readonly messageId: number;
}

/** The owner's way to a session: `/cmd` with its token. Every object is evicted before each. */
export async function chatWith(machine: Machine, sessionId: string): Promise<(text: string) => Promise<Asked>> {
  const { body } = await machine.notify(sessionId, `Hello from ${sessionId}.`);
  const ref = await sessionRef(sessionId);
  return async (text) => {
    const update = await write({
      chatId: machine.owner,
      userId: machine.owner,
      text: `/cmd ${String(body["token"])} ${text}`,
    });
    const { status } = await deliverCold(update);
    if (status !== 200) throw new Error(`the update was answered with ${status}`);
    const messageId = messageIdOf(update);
    const name = `m${machine.owner}.${messageId}`;
    return { id: `${ref}.${name}`, name, messageId };
  };
}

function messageIdOf(update: Record<string, unknown>): number {
  const { message } = update;
  if (
    typeof message === "object" &&
    message !== null &&
    "message_id" in message &&
    typeof message.message_id === "number"
  )
    return message.message_id;
  throw new Error("this update holds no message");
}

/** What a session knows of a command: its state and the reason. */
export async function stateOf(sessionId: string, name: string): Promise<{ state: unknown; error: unknown }> {
  const [row] = await query(await sessionObject(sessionId), "SELECT state, error FROM command WHERE name = ?", name);
  return { state: row?.["state"], error: row?.["error"] };
}

/** The ids that wait in a machine's queue, without an outcome, in order. */
export async function waitingOn(machine: Machine): Promise<string[]> {
  const rows = await query(machineObject(machine.name), "SELECT id FROM queue WHERE outcome IS NULL ORDER BY seq");
  return rows.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
}
