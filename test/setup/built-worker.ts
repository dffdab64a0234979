import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildWorker } from "../../agent/home/build-worker.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the Worker as `wrangler deploy` would upload it: one JavaScript module. */
    builtWorker: string;
  }
}

/** Builds the Worker once for all tests that need it whole, exactly as a deployment does; removes it afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "ccr-built-worker-"));
  project.provide("builtWorker", await buildWorker(folder));
  return () => rm(folder, { recursive: true });
}
