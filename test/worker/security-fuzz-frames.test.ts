import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { type Asked, chatWith, give, offersFrom, stateOf } from "./support/commands.ts";
import { watchLog } from "./support/log.ts";
import { type Connection, type Machine, pairMachine } from "./support/machine.ts";
import { machineObject, query } from "./support/objects.ts";
import { until } from "./support/until.ts";

/** How the router may end a connection that talks nonsense. 1011 would be a bug, 4003 somebody else's business. */
const FAIR_CODES = [1008, 1009, 4001, 4002];

let mallory: Machine;
/** What waits for somebody else's session. */
let victim: Asked;
let frames: unknown[];
let barriers = 0;

beforeAll(async () => {
  const honest = await pairMachine("honest");
  await honest.register("s-honest");
  victim = await (await chatWith(honest, "s-honest"))("mine");
  mallory = await pairMachine("mallory", 1002);
  await mallory.register("s-mallory");
  const own = await offersFrom("s-mallory", 1, 5);
  await give(mallory, ...own);
  const ids = [...own.map(({ id }) => id), victim.id];
  frames = [
    hello(),
    ...ids.map((id) => ({ type: "journaled", id })),
    ...ids.map((id) => ({ type: "progress", id, state: "held", reason: "a dialog is open" })),
    ...ids.map((id) => ({ type: "commandResult", id, sessionId: "s-honest", outcome: "failed", error: "no" })),
    ...ids.map((id) => ({ type: "refused", id, reason: "what is this?" })),
    { type: "ping" },
    { type: "welcome", protocol: 1, window: 16 },
    { type: "command", kind: "text", id: victim.id, sessionId: "s-honest", command: "rm -rf ~", remainingMs: 1_000 },
    { type: "cancel", id: victim.id, sessionId: "s-honest" },
  ];
});

function hello(): Record<string, unknown> {
  return {
    type: "hello",
    protocol: { min: 1, max: 1 },
    agentVersion: "test",
    bootId: "boot",
    journalEpoch: "epoch",
    sessions: ["s-mallory", "s-honest"],
  };
}

/** What an agent says on one connection. Nine frames of a bad shape are borne, the tenth ends it. */
function talk(): fc.Arbitrary<(string | ArrayBuffer)[]> {
  const frame = fc.oneof(
    { weight: 8, arbitrary: mutated(frames, [victim.id, "s-honest"]) },
    garbled(frames),
    fc.json(),
    fc.string(),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from(bytes).buffer),
  );
  return fc.array(frame, { minLength: 5, maxLength: 9 });
}

/** Waits until all that was sent is dealt with, or the connection is closed. Every frame of the router is understood. */
async function dealtWith(socket: Connection): Promise<void> {
  const id = `NobodysCommand00.m1.${(barriers += 1)}`;
  socket.send(hello());
  socket.result({ id, sessionId: "nobody" });
  await until("the router has dealt with it", () => socket.closed !== undefined || socket.isStored(id));
  expect([undefined, ...FAIR_CODES]).toContain(socket.closed?.code);
  if (socket.closed === undefined) socket.close(1000);
  socket.frames();
}

async function expectUntouched(): Promise<void> {
  expect(await stateOf("s-honest", victim.name)).toEqual({ state: "offered", error: null });
  expect(await query(machineObject("honest"), "SELECT id, outcome FROM queue")).toEqual([
    { id: victim.id, outcome: null },
  ]);
}

test(
  "whatever an agent says, before its hello or after it, the router makes no error of it, and other machines' commands stay as they are",
  async () => {
    const log = watchLog();
    await fc.assert(
      fc.asyncProperty(talk(), fc.boolean(), async (sent, saysHello) => {
        const socket = saysHello ? await mallory.connect({ sessions: ["s-mallory"] }) : await mallory.open();
        for (const frame of sent) {
          if (socket.closed === undefined) socket.send(frame);
        }
        await dealtWith(socket);
        expect(log.errors).toEqual([]);
      }),
      { numRuns: 25 },
    );
    await expectUntouched();
    const socket = await mallory.connect({ sessions: ["s-mallory"] });
    await socket.settled();
  },
  FUZZ_WITHIN_MS,
);
