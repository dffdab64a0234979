/** `npm run chaos -- --seed N --updates N --faults N`: exit status 1 where a promise was broken. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildWorker } from "../../agent/home/build-worker.ts";
import { chaos } from "./chaos.ts";
import { check, violationsOf } from "./check.ts";
import { patchedWorker, SHORT_LIVED } from "./patched.ts";
import { table } from "./table.ts";

const REST_WITHIN_MS = 240_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    updates: { type: "string", default: "300" },
    faults: { type: "string", default: "60" },
    /** Commands expire after seconds instead of a day. */
    "short-lived": { type: "boolean", default: false },
    /** Leaves all that was stored, and writes the history beside it. */
    keep: { type: "boolean", default: false },
  },
});

const seed = whole("seed", values.seed);
const built = await mkdtemp(join(tmpdir(), "ccr-chaos-worker-"));
try {
  const start = performance.now();
  const worker = await buildWorker(built);
  const history = await chaos({
    seed,
    updates: whole("updates", values.updates),
    faults: whole("faults", values.faults),
    scriptPath: values["short-lived"] ? patchedWorker(worker, built, SHORT_LIVED) : worker,
    restWithin: REST_WITHIN_MS,
    keep: values.keep,
    progress: (line) => console.log(`${Math.round((performance.now() - start) / 1_000)} s: ${line}`),
  });
  const findings = check(history);
  if (values.keep) await writeFile(join(tmpdir(), `ccr-chaos-${seed}.json`), JSON.stringify(history));
  console.log(`\n${table(history, findings)}`);
  process.exitCode = violationsOf(findings).length > 0 ? 1 : 0;
} finally {
  await rm(built, { recursive: true, force: true });
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is a whole number, not "${text}"`);
  return number;
}
