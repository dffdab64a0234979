import { expect, onTestFinished, test } from "vitest";
import { agree } from "../../src/machine/connection.ts";
import { deliver } from "../../src/machine/delivery.ts";
import { CommandKinds, PROTOCOL } from "../../src/protocol.ts";
import { give, offer } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { talkOn } from "./support/talk.ts";
import { until } from "./support/until.ts";

const { min, max } = PROTOCOL;

/** The hello of an agent that speaks these versions. */
function helloOf(protocol: { min: number; max: number }, sessions: readonly string[]): Record<string, unknown> {
  return { type: "hello", protocol, agentVersion: "other", bootId: "boot", journalEpoch: "epoch", sessions };
}

test.each([
  { who: "of the same versions", agent: { min, max }, agreed: { protocol: max } },
  { who: "that also speaks what comes next", agent: { min, max: max + 1 }, agreed: { protocol: max } },
  {
    who: "that also speaks what was before",
    agent: { min: Math.max(1, min - 1), max: min },
    agreed: { protocol: min },
  },
])("an agent $who is spoken to in the newest version that both know", async ({ agent, agreed }) => {
  expect(agree(agent)).toEqual(agreed);
  const machine = await pairMachine(`range-${agent.min}-${agent.max}`);
  const socket = await machine.open();
  socket.send(helloOf(agent, []));
  expect((await socket.next("welcome")).protocol).toBe(agreed.protocol);
});

/** Routers of the versions to come, met by the agents of today and of then. */
test.each([
  { router: { min: 1, max: 2 }, agent: { min: 1, max: 1 }, agreed: { protocol: 1 } },
  { router: { min: 1, max: 2 }, agent: { min: 2, max: 3 }, agreed: { protocol: 2 } },
  { router: { min: 2, max: 3 }, agent: { min: 1, max: 2 }, agreed: { protocol: 2 } },
])("a router of $router and an agent of $agent agree on $agreed", ({ router, agent, agreed }) => {
  expect(agree(agent, router)).toEqual(agreed);
});

test.each([
  { router: { min: 2, max: 3 }, agent: { min: 1, max: 1 }, update: "update ccr-agent" },
  { router: { min: 1, max: 1 }, agent: { min: 2, max: 3 }, update: "update the router" },
])("a router of $router and an agent of $agent do not agree: $update", ({ router, agent, update }) => {
  const agreed = agree(agent, router);
  expect("refused" in agreed && agreed.refused).toContain(update);
});

/** Makes this router one of other versions, for one test. */
function routerSpeaks(range: { min: number; max: number }): void {
  Object.assign(PROTOCOL, range);
  onTestFinished(() => void Object.assign(PROTOCOL, { min, max }));
}

test.each([
  { who: "too old", router: { min: max + 1, max: max + 2 }, agent: { min, max }, update: "ccr-agent" },
  { who: "too new", router: { min, max }, agent: { min: max + 1, max: max + 2 }, update: "the router" },
])(
  "an agent that is $who is told what to update and closed with 4002, and its commands wait for one that is not",
  async ({ who, router, agent, update }) => {
    routerSpeaks(router);
    const sessionId = `s-${who.replace(" ", "-")}`;
    const machine = await pairMachine(who.replace(" ", "-"));
    await machine.register(sessionId);
    await give(machine, await offer(sessionId, 1));
    const socket = await machine.open();
    socket.send(helloOf(agent, [sessionId]));
    // The agent reads the router's oldest version out of this, and so whom to wait for: agent/router/reconnect.ts.
    expect(await socket.isClosed()).toMatchObject({
      code: 4002,
      reason: `this router speaks protocol ${router.min} to ${router.max}, you ${agent.min} to ${agent.max}: update ${update}`,
    });
    expect(socket.frames()).toEqual([]);
    const fitting = await machine.connect({ sessions: [sessionId], protocol: router });
    expect(await fitting.hasTexts(1)).toEqual([`${sessionId} 1`]);
  },
);

test("what a newer agent says besides harms nothing: frames of new types, and new fields in those that are known", async () => {
  const talk = await talkOn("chatty", "s-chatty");
  const hello = await talk.hear("Ready.");
  const socket = await talk.machine.connect({ sessions: ["s-chatty"], mood: "new", capabilities: ["pictures"] });
  socket.send({ type: "telemetry", load: [1, 2] });
  const { messageId, name } = await talk.reply("go", hello);
  const { id, sessionId } = await socket.next("command");
  socket.send({ type: "journaled", id, at: 7 });
  socket.send({ type: "commandResult", id, sessionId, outcome: "accepted", took: { ms: 3 } });
  await until("it is stored", () => socket.isStored(id));
  await talk.reacts("👌", messageId);
  expect(await talk.stateOf(name)).toBe("accepted");
  expect(socket.frames().filter(({ type }) => type === "refused")).toEqual([]);
});

test("a register and a notification of a newer agent are taken, whatever else they hold", async () => {
  const talk = await talkOn("verbose", "s-verbose", { terminal: { kind: "kitty" } });
  expect((await talk.machine.notify("s-verbose", "Hi.", { pictures: [], priority: "high" })).status).toBe(200);
});

test.each(CommandKinds)("%s is known to every protocol version that this router speaks", (kind) => {
  const row = { id: "AAAAAAAAAAAAAAAA.m1.1", kind, sessionId: "s", command: "x", expiresAt: Date.now() + 1_000 };
  const waiting = { ...row, ownerId: 1, sentOn: null, cancelling: false, ended: null };
  for (let version: number = min; version <= max; version++)
    expect(deliver(waiting, version, Date.now()).step).toBe("send");
});
