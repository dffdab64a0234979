import { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { until } from "../../agent/demo/until.ts";
import type { Beds } from "./beds.ts";
import { RealAgent } from "./real-agent.ts";
import type { Line } from "./report.ts";
import { median, medianRatio, quantile } from "./statistics.ts";
import type { Address, Testbed } from "./testbed.ts";

const IDLE_SECONDS = 20;
const HOOKS = 15;
const COMMANDS = 60;

/** The real agent with a real terminal: how long a command takes to its first byte, what the agent costs while idle. */
export async function agentCosts(beds: Beds, scale: number): Promise<Line[]> {
  const router = await beds.router("agent");
  const naive = await beds.naive("agent-naive");
  const agent = await RealAgent.start(router, "desk", beds.folder("a"));
  const [echo, naiveEcho] = [new Echo(), new Echo()];
  const terminal = new RecordedTerminal(PROGRAM, (text) => naiveEcho.show(text));
  try {
    const address = await agent.run("bench-terminal", (text) => echo.show(text));
    await naive.bed.connect({ id: "desk", key: "none", sessions: [] }, (text) => void terminal.write(`${text}\r`));
    const times = { router: Array<number>(), naive: Array<number>() };
    for (let n = 0; n < Math.max(10, Math.round(COMMANDS * scale)); n++) {
      times.naive.push(await toTerminal(naive.bed, naive.addresses[0], naiveEcho));
      times.router.push(await toTerminal(router, address, echo));
    }
    const idle = await agent.idle(IDLE_SECONDS);
    const { hook, node } = await agent.hookTimes(HOOKS);
    return [
      ...terminalLines(times.router, times.naive),
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
    await terminal.end("SIGKILL");
    await agent.stop();
  }
}

/** Reads and says nothing: what is typed shows as the terminal's own echo. */
const PROGRAM = {
  file: "/bin/sh",
  args: ["-c", "cat >/dev/null"],
  environment: { TERM: "xterm" },
  size: { columns: 200, rows: 50 },
};

function terminalLines(router: readonly number[], naive: readonly number[]): Line[] {
  const aims = { p50: { share: 0.5, most: 1.2 }, p99: { share: 0.99, most: 1.5 } };
  return Object.entries(aims).map(([name, { share, most }]): Line => {
    const [ours, theirs] = [quantile(router, share), quantile(naive, share)];
    const ratio = ours / theirs;
    return {
      what: `webhook to the bytes in the terminal, one at a time: ${name}`,
      ratio,
      against: "naive, with a client that writes into a PTY",
      aim: `≤ ${most}×`,
      met: ratio <= most,
      figures: { "router (ms)": ours, "naive (ms)": theirs },
    };
  });
}

/** Milliseconds from the webhook's POST until the text is seen in the terminal. */
async function toTerminal(bed: Testbed, to: Address | undefined, echo: Echo): Promise<number> {
  const messageId = bed.sink.nextMessageId();
  const text = `command ${messageId}.`;
  const start = performance.now();
  const seen = echo.seen(text);
  await bed.write(text, to, messageId);
  await seen;
  const took = performance.now() - start;
  await until("the reaction", () => bed.sink.done([messageId]) === 1);
  return took;
}

/** What a terminal shows. */
class Echo {
  #shown = "";
  #wanted: { text: string; found: () => void } | undefined;

  show(text: string): void {
    this.#shown = (this.#shown + text).slice(-10_000);
    if (this.#wanted !== undefined && this.#shown.includes(this.#wanted.text)) this.#wanted.found();
  }

  seen(text: string): Promise<void> {
    return new Promise((found) => {
      this.#wanted = { text, found };
    });
  }
}
