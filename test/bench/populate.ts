import { createHash, randomBytes } from "node:crypto";
import * as v from "valibot";
import { pairingLine } from "../../agent/demo/pairing.ts";
import type { Address, Testbed } from "./testbed.ts";

const Paired = v.object({ mac: v.string() });

/** A machine that is paired and knows its sessions. It sleeps. */
export interface Machine {
  readonly id: string;
  readonly key: string;
  readonly sessions: readonly string[];
  readonly addresses: readonly Address[];
}

/** The line of the bot that pairs this machine. */
export async function askForCode(bed: Testbed, id: string): Promise<{ url: string; code: string }> {
  await bed.write(`/pair ${id}`);
  const { text } = await bed.sink.message(new RegExp(`ccr-agent pair \\S+ ${id}-[0-9A-Z]{4}-[0-9A-Z]{4}`));
  const line = pairingLine(text);
  if (line === undefined) throw new Error(`the bot answered: ${text}`);
  return line;
}

/** Pairs a machine of the router and opens sessions on it, each with one message in the chat. All through the real API. */
export async function populate(bed: Testbed, id: string, sessions: number): Promise<Machine> {
  const { code } = await askForCode(bed, id);
  const random = randomBytes(32);
  const keyHash = createHash("sha256").update(random).digest("base64url");
  const paired = await post(bed, `/machines/${id}/pair`, { code, keyHash }, { "CF-Connecting-IP": id });
  const key = `ccr1.${id}.${random.toString("base64url")}.${v.parse(Paired, paired).mac}`;
  const names = Array.from({ length: sessions }, (_, index) => `${id}-session-${index}`);
  const addresses: Address[] = [];
  for (const sessionId of names) {
    const authorization = { Authorization: `Bearer ${key}` };
    await post(bed, "/sessions/register", { sessionId, machineId: id, label: sessionId }, authorization);
    await post(bed, "/notifications/send", { sessionId, text: "The tests are green." }, authorization);
    addresses.push(await bed.sink.message(sessionId));
  }
  return { id, key, sessions: names, addresses };
}

/** A machine whose sessions have said something already: the floor needs to be told nothing of it. */
export function populateFloor(bed: Testbed, id: string, sessions: number): Machine {
  const names = Array.from({ length: sessions }, (_, index) => `${id}-session-${index}`);
  const addresses = names.map((sessionId): Address => {
    const text = `${id} · ${sessionId}\nThe tests are green.`;
    return { messageId: bed.sink.nextMessageId(), text, link: `https://t.me/bench?start=${"t".repeat(28)}` };
  });
  return { id, key: "none", sessions: names, addresses };
}

/** The naive design is simply told which message belongs where. */
export async function populateNaive(bed: Testbed, id: string, sessions: number, messages = 0): Promise<Machine> {
  const machine = populateFloor(bed, id, sessions);
  const { sessions: names, addresses } = machine;
  const known = addresses.map(({ messageId }, index) => [messageId, names[index], id]);
  // Numbers that no message of the bench has.
  const more = Array.from({ length: messages }, (_, index) => [-1 - index, names[index % sessions], id]);
  await post(bed, "/messages", [...known, ...more]);
  return machine;
}

async function post(bed: Testbed, path: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${bed.router.url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
