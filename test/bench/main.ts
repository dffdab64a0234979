/**
 * `npm run bench`: this project beside a naive design and the floor, up to the agent's socket and up to the terminal; what
 * it does with a queue; what the agent costs.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { agentCosts } from "./agent-costs.ts";
import { Beds } from "./beds.ts";
import { sideBySide } from "./contests.ts";
import { drain } from "./drain.ts";
import { type Part, PARTS, readOptions } from "./options.ts";
import { type Line, type Report, toTable } from "./report.ts";
import { inTerminals } from "./terminals.ts";

const { rounds, quick, folder, only, json } = readOptions(process.argv.slice(2));
const scale = quick ? 0.1 : 1;

function log(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

const MEASURE: Readonly<Record<Part, (beds: Beds) => Promise<Line[]>>> = {
  designs: (beds) => sideBySide(beds, rounds, scale, log),
  terminals: (beds) => inTerminals(beds, rounds, scale, log),
  drain: (beds) => drain(beds, scale),
  agent: agentCosts,
};

// Short, for the sockets in it.
const work = await mkdtemp(join(folder, "ccrb-"));
const beds = await Beds.start(work);
try {
  const lines: Line[] = [];
  for (const part of PARTS) {
    if (only !== undefined && only !== part) continue;
    log(part);
    lines.push(...(await MEASURE[part](beds)));
    await beds.clear();
  }
  const report: Report = {
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`,
    storage: folder,
    rounds,
    lines,
  };
  console.log(toTable(report));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  await beds.stop();
  await rm(work, { recursive: true, force: true });
}
