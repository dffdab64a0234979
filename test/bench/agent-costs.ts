import type { Beds } from "./beds.ts";
import { RealAgent } from "./real-agent.ts";
import type { Line } from "./report.ts";
import { median, medianRatio } from "./statistics.ts";

const IDLE_SECONDS = 20;
const HOOKS = 15;

/** What the real agent costs while a session of it does nothing, and what its hook costs Claude Code. */
export async function agentCosts(beds: Beds): Promise<Line[]> {
  const agent = await RealAgent.start(await beds.router("agent"), "desk", beds.folder("a"));
  try {
    agent.run("bench-terminal");
    await agent.hear("bench-terminal");
    const idle = await agent.idle(IDLE_SECONDS);
    const { hook, node } = await agent.hookTimes(HOOKS);
    return [
      {
        what: `the idle agent, over ${IDLE_SECONDS} s`,
        aim: "≤ 80 MB, no processor time",
        met: idle.memoryMb <= 80 && idle.processorMsPerSecond === 0,
        figures: { "memory (MB)": idle.memoryMb, "processor time (ms/s)": idle.processorMsPerSecond },
      },
      {
        what: "a hook that needs no decision: wall time",
        ratio: medianRatio(hook, node),
        against: "node -e 0",
        aim: "≤ 1.5×",
        met: medianRatio(hook, node) <= 1.5,
        figures: { "hook (ms)": median(hook), "node -e 0 (ms)": median(node) },
      },
    ];
  } finally {
    await agent.stop();
  }
}
