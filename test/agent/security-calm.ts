import { expect } from "vitest";
import type { AgentProcess } from "./agent-home.ts";

/** The agent runs, and has said nothing that looks like an exception. */
export function expectCalm(agent: AgentProcess): void {
  expect([agent.child.exitCode, agent.child.signalCode]).toEqual([null, null]);
  expect(agent.output).not.toMatch(/\n\s+at \S|[Uu]nhandled|TypeError|RangeError|node:internal/);
}
