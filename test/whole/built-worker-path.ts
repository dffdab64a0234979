import { inject } from "vitest";
import type setup from "../setup/built-worker.ts";

/** The Worker as the global setup has built it: the path of one JavaScript module. */
export function builtWorkerPath(): string {
  return inject("builtWorker" satisfies Provided);
}

/** Naming the setup brings in what it declares: the key that it provides. */
type Provided = Parameters<Parameters<typeof setup>[0]["provide"]>[0];
