import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The top of the repository: where wrangler.toml lies. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles the Worker exactly as a deployment does, without deploying it.
 *
 * @param folder where the bundle goes; made where it is missing
 * @returns the path of the bundle, one JavaScript module
 * @throws Error with wrangler's own words where the Worker does not build
 */
export async function buildWorker(folder: string): Promise<string> {
  // Run from its own file, so that neither PATH nor an executable bit matters.
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");
  try {
    await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", folder], {
      cwd: REPOSITORY,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
  } catch (error) {
    throw new Error(`The Worker does not build:\n${wordsOf(error)}`, { cause: error });
  }
  return join(folder, "index.js");
}

/** The compatibility date in wrangler.toml: the local runtime must behave like the deployed one. */
export async function compatibilityDate(): Promise<string> {
  const toml = await readFile(join(REPOSITORY, "wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"(\d{4}-\d{2}-\d{2})"/m.exec(toml)?.[1];
  if (date === undefined) throw new Error('wrangler.toml has no line compatibility_date = "YYYY-MM-DD"; add it.');
  return date;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const output = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return output === "" ? error.message : output;
}
