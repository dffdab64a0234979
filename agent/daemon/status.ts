import * as v from "valibot";
import type { Config } from "../config.ts";
import type { LinkStatus } from "../router/link.ts";
import type { Registry } from "../session/registry.ts";
import type { Journal } from "../store/journal.ts";
import type { Outbox } from "../store/outbox.ts";
import { AGENT_VERSION } from "../version.ts";

/** What `ccr-agent status` shows of a running agent. */
export const AgentStatus = v.object({
  state: v.picklist(["online", "offline", "stopped"]),
  /** Why it is not online. */
  reason: v.nullable(v.string()),
  machineId: v.string(),
  url: v.string(),
  pid: v.number(),
  version: v.string(),
  sessions: v.array(
    v.object({
      sessionId: v.string(),
      label: v.nullable(v.string()),
      program: v.string(),
      terminal: v.picklist(["here", "away", "nowhere", "unknown"]),
      /** Commands that wait to be typed. */
      commands: v.number(),
    }),
  ),
  /** Results that the router has not confirmed. */
  results: v.number(),
  /** Notifications and registrations that the router has not taken. */
  outbox: v.number(),
  /** What the router refused for good, most recently. */
  lastFailure: v.nullable(v.object({ at: v.number(), sessionId: v.string(), what: v.string(), error: v.string() })),
});
export type AgentStatus = v.InferOutput<typeof AgentStatus>;

interface StatusParts {
  config: Config;
  link: LinkStatus;
  registry: Registry;
  journal: Journal;
  outbox: Outbox;
}

/** How this agent stands now. */
export function takeStatus({ config, link, registry, journal, outbox }: StatusParts): AgentStatus {
  const commands = journal.waiting();
  return {
    state: link.state,
    reason: link.state === "online" ? null : link.reason,
    machineId: config.machineId,
    url: config.url,
    pid: process.pid,
    version: AGENT_VERSION,
    sessions: registry.all().map(({ sessionId, label, program }) => ({
      sessionId,
      label,
      program,
      terminal: registry.presence(sessionId).at,
      commands: commands.get(sessionId) ?? 0,
    })),
    results: journal.unconfirmed().length,
    outbox: [...outbox.waiting().values()].reduce((sum, n) => sum + n, 0),
    lastFailure: outbox.lastFailure(),
  };
}

const WHERE: Readonly<Record<AgentStatus["sessions"][number]["terminal"], string>> = {
  here: "",
  away: " · its terminal is away",
  nowhere: " · in no terminal that can be typed into",
  unknown: " · its terminal is away",
};

/** The status as lines for people. The first one is `online`, or `offline: reason`. */
export function describeStatus(status: AgentStatus): string[] {
  const lines = [
    status.state === "online" ? "online" : `offline: ${status.reason ?? "unknown"}`,
    `${status.machineId} at ${status.url} · agent ${status.version}, process ${status.pid}`,
  ];
  if (status.sessions.length === 0) lines.push("no sessions: start one with `ccr-agent run -- COMMAND`");
  for (const { sessionId, label, program, terminal, commands } of status.sessions) {
    const name = label === null ? sessionId : `${label} (${sessionId})`;
    const where = WHERE[terminal];
    lines.push(`session ${name} · ${program}${where} · ${commands} waiting to be typed`);
  }
  lines.push(`for the router: ${status.outbox} in the outbox, ${status.results} results to be confirmed`);
  if (status.lastFailure) {
    const { at, sessionId, what, error } = status.lastFailure;
    lines.push(`last refused: ${what} of ${sessionId} at ${new Date(at).toLocaleString()}: ${error}`);
  }
  return lines;
}
