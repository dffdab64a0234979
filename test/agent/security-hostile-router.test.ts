import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { expectCalm } from "./security-calm.ts";
import { commandId, StandInRouter, textCommand } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

const COMMAND = { type: "command", sessionId: "s1", command: "make", remainingMs: 60_000 };
const FRAMES = [
  { ...COMMAND, kind: "text", id: commandId(1) },
  { ...COMMAND, kind: "action", id: commandId(2) },
  { ...COMMAND, kind: "key", id: commandId(3), command: "escape" },
  { ...COMMAND, kind: "answer", id: commandId(4), nonce: "n1", choice: "0" },
  { ...COMMAND, kind: "screen", id: commandId(5), command: "" },
  { type: "cancel", id: commandId(1), sessionId: "s1" },
  { type: "resultStored", id: commandId(1) },
  { type: "welcome", protocol: 1, window: 16 },
  { type: "refused", reason: "what is this?", id: commandId(1) },
  { type: "hello", protocol: { min: 1, max: 1 }, sessions: ["s1"] },
];

/** By another way than the agent's: whether this frame may reach the terminal of s1. */
function mayOrder(text: string): boolean {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return false;
  }
  const fields = new Map(typeof frame === "object" && frame !== null ? Object.entries(frame) : []);
  const command: unknown = fields.get("command");
  return fields.get("type") === "command" && fields.get("sessionId") === "s1" && typeof command === "string";
}

test(
  "whatever the router says, the agent goes on, and only whole commands for the session reach its terminal",
  async () => {
    const agent = await home.online();
    const terminal = await TestTerminal.attach(home, "s1");
    const { peer } = router;
    let n = 100;
    let whole = 0;
    const frame = fc.oneof(
      { weight: 8, arbitrary: mutated(FRAMES, ["s1", commandId(1), commandId(7)]) },
      { weight: 2, arbitrary: garbled(FRAMES) },
      fc.json(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 8, maxLength: 8 }), async (batch) => {
        // A command that is known is not typed again: each gets an id of its own, but for those that were garbled away.
        for (const text of batch) peer.sendText(text.replaceAll(/\.m7\.\d+"/g, `.m7.${(n += 1)}"`));
        const id = commandId((n += 1));
        peer.send({ type: "cancel", id, sessionId: "s1" });
        await until("the agent has read it all", () => peer.of("commandResult").some((result) => result.id === id));
        whole += batch.filter(mayOrder).length;
        // Those that wait for their turn come later.
        expect(terminal.orders.length).toBeLessThanOrEqual(whole);
        expectCalm(agent);
      }),
      { numRuns: 12 },
    );
    expect(peer.malformed).toEqual([]);
    peer.send(textCommand(99, "s1", "still there"));
    await until("it is typed", () => terminal.typed.includes("still there"));
  },
  FUZZ_WITHIN_MS,
);

test("a router that redirects learns nothing for others: the key goes nowhere else", async () => {
  const elsewhere = await StandInRouter.start();
  try {
    const headers = { Location: `${elsewhere.url}/ws?machineId=devbox` };
    router.refusal = { status: 302, headers };
    const agent = home.start();
    await agent.says("the router answered 302");
    router.refusal = null;
    router.answer = () => ({ status: 307, headers });
    await agent.says("online: devbox");
    await TestTerminal.attach(home, "s1");
    await until("a call was redirected", () => router.bodies("/sessions/register").length > 0);
    await agent.says("register of s1 waits");
    expect([elsewhere.calls, elsewhere.upgrades]).toEqual([[], 0]);
  } finally {
    await elsewhere.stop();
  }
});
