import { createConnection, type Socket } from "node:net";
import * as fc from "fast-check";
import { afterEach, beforeEach, test } from "vitest";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { type AgentProcess, AgentHome, TestTerminal, until } from "./agent-home.ts";
import { expectAllWell, expectCalm } from "./security-calm.ts";
import { HOOK_EVENTS } from "./security-hook-events.ts";
import { StandInRouter } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;
let agent: AgentProcess;
let terminal: TestTerminal;

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
  home.configure(router.url);
  agent = await home.online();
  terminal = await TestTerminal.attach(home, "s1");
});

afterEach(async () => {
  await home.remove();
  await router.stop();
});

const DONE = { type: "done", requestId: "r1" };
const LINES = [
  { type: "attach", sessionId: "s2", label: "api", program: "sh", pid: process.pid, claim: 5_000 },
  { type: "detach", sessionId: "s1", reason: "exited" },
  { type: "notify", requestId: "r1", notification: { sessionId: "s1", text: "done", format: "markdown" } },
  { type: "status", requestId: "r1" },
  { ...DONE, status: "typed", removed: 3 },
  { ...DONE, status: "screen", text: "$ " },
  { ...DONE, status: "held", reason: "later" },
  { type: "type", requestId: "r1", text: "rm -rf ~", kind: "text" },
];

const HOOKS = HOOK_EVENTS.map((input) => ({
  type: "hook",
  requestId: "h1",
  event: input.hook_event_name,
  claudePid: process.pid,
  env: { CLAUDE_CODE_ENTRYPOINT: "cli", TMUX: "/nowhere/tmux,1,0", TMUX_PANE: "%0" },
  input,
}));

/** Says these lines on a connection of its own, and waits until the daemon has read them all. */
async function say(lines: readonly string[], n: number): Promise<void> {
  const socket: Socket = createConnection({ path: home.socket });
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  // A connection that is cut while it sends reports it here.
  socket.on("error", () => {});
  for (const line of lines) socket.write(`${line}\n`);
  const last = `last${n}`;
  socket.write(`\n${JSON.stringify({ type: "status", requestId: last })}\n`);
  await until(`the daemon answers; it said ${heard.slice(-500)}`, () => heard.includes(last));
  socket.destroy();
}

test(
  "whatever is said on the control socket, the daemon goes on, and nothing is typed",
  async () => {
    let n = 0;
    const line = fc.oneof({ weight: 6, arbitrary: mutated(LINES) }, garbled(LINES), fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 20 }), async (lines) => {
        await say(lines, (n += 1));
        expectCalm(agent);
      }),
      { numRuns: 15 },
    );
    await expectAllWell(agent, router, terminal);
  },
  FUZZ_WITHIN_MS,
);

test(
  "whatever a hook of Claude Code brings, the daemon goes on, and what it tells the router is what the router takes",
  async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutated(HOOKS, ["c1", "c2"]), { minLength: 10, maxLength: 10 }), async (lines) => {
        await say(lines, (n += 1));
        expectCalm(agent);
      }),
      { numRuns: 15 },
    );
    await expectAllWell(agent, router, terminal);
  },
  FUZZ_WITHIN_MS,
);
