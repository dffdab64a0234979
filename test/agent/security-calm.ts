import * as v from "valibot";
import { expect } from "vitest";
import { CloseQuestionBody, NotificationBody, RegisterBody, UnregisterBody } from "../../src/protocol.ts";
import { type AgentProcess, type TestTerminal, until } from "./agent-home.ts";
import { type StandInRouter, textCommand } from "./stand-in-router.ts";

/** The agent runs, and has said nothing that looks like an exception. */
export function expectCalm(agent: AgentProcess): void {
  expect([agent.child.exitCode, agent.child.signalCode]).toEqual([null, null]);
  expect(agent.output).not.toMatch(/\n\s+at \S|[Uu]nhandled|TypeError|RangeError|node:internal/);
}

/**
 * All that reached the router is what it takes, the next hello included; nothing was typed, and the terminal, of the
 * session "s1", still works.
 */
export async function expectAllWell(agent: AgentProcess, router: StandInRouter, terminal: TestTerminal): Promise<void> {
  expectCalm(agent);
  expect(terminal.orders).toEqual([]);
  router.peer.terminate();
  await until("the agent is back", () => router.peers.length > 1 && router.peers.at(-1)?.hello !== undefined);
  expect(router.peers.flatMap(({ malformed }) => malformed)).toEqual([]);
  const shapes = {
    "/sessions/register": RegisterBody,
    "/sessions/unregister": UnregisterBody,
    "/notifications/send": NotificationBody,
    "/questions/close": CloseQuestionBody,
  };
  for (const [path, shape] of Object.entries(shapes))
    for (const body of router.bodies(path)) expect([body, v.is(shape, body)]).toEqual([body, true]);
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is typed", () => terminal.typed.length === 1);
}
