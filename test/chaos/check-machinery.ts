import type { Finding } from "./finding.ts";
import type { Frame, History } from "./history.ts";
import { WINDOW } from "../../src/protocol.ts";

/** Two connections' frames reach us in any order within so many milliseconds. */
const CROSSING_MS = 1_000;

/** Messages and receipts wait for a chat that Telegram wants to be left alone, in milliseconds. */
const LATE_MS = 10_000;

/** The newest connection is the machine's: on an older one nothing is sent, and nothing that it says counts. */
export function checkConnections({ frames, commands }: History): Finding {
  const violations: string[] = [];
  const ghosts = frames.filter(({ from }) => from === "ghost");
  for (const { name, state, error } of commands)
    if (error?.includes("ghost") === true) violations.push(`${name} is ${state}: ${error}`);
  let checked = ghosts.length;
  for (const own of Map.groupBy(frames, ({ machine }) => machine).values()) {
    const newest: { connection: number; at: number } = { connection: 0, at: 0 };
    for (const { connection, from, type, at, machine } of own) {
      if (from !== "router") continue;
      if (type === "welcome" && connection > newest.connection) Object.assign(newest, { connection, at });
      checked += 1;
      if (connection < newest.connection && at > newest.at + CROSSING_MS)
        violations.push(`${machine} was sent ${type} on connection ${connection}, ${newest.connection} is the newest`);
    }
  }
  return { invariant: "nothing passes on a replaced connection", checked, violations };
}

/** At most 16 commands are under way unjournaled, and none is sent twice on one connection. */
export function checkWindow({ frames }: History): Finding {
  const violations: string[] = [];
  let checked = 0;
  for (const [connection, own] of Map.groupBy(frames, ({ machine, connection: number }) => `${machine} ${number}`)) {
    const sent = new Set<string>();
    const under = new Set<string>();
    for (const { type, id } of own) {
      if (id === null) continue;
      if (type !== "command") {
        if (leaves(type)) under.delete(id);
        continue;
      }
      checked += 1;
      if (sent.has(id)) violations.push(`${id} was sent twice on ${connection}`);
      sent.add(id);
      under.add(id);
      if (under.size > WINDOW) violations.push(`${under.size} commands are unjournaled on ${connection}`);
    }
  }
  return { invariant: "the window holds, nothing is sent twice on it", checked, violations };
}

function leaves(type: Frame["type"]): boolean {
  return type === "journaled" || type === "commandResult" || type === "refused";
}

/** No object waits for something that it will not be woken for. */
export function checkAlarms({ alarms }: History): Finding {
  const violations = alarms.flatMap(({ object, due, alarm, at }) => {
    if (alarm !== null && alarm <= Math.max(due, at) + LATE_MS) return [];
    return [`${object} waits for ${when(due, at)}, and is woken ${alarm === null ? "never" : when(alarm, at)}`];
  });
  return { invariant: "alarms are never late or missing", checked: alarms.length, violations };
}

/** A moment as seen from another. */
function when(moment: number, from: number): string {
  return `in ${((moment - from) / 1_000).toFixed(1)} s`;
}

/** At rest nothing is left over: queues, outboxes and journals are done. */
export function checkLeftovers({ leftovers, commands }: History): Finding {
  return { invariant: "nothing is left over", checked: commands.length, violations: leftovers };
}
