import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { REPOSITORY } from "../../agent/home/build-worker.ts";

/**
 * Builds the agent as it is installed: JavaScript, since Node needs memory to read TypeScript.
 *
 * @returns the path of what `ccr-agent` is
 */
export async function buildAgent(): Promise<string> {
  // In the repository's folder of packages, or it would not find its own.
  const folder = join(REPOSITORY, "node_modules", ".cache", "bench-agent");
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const tsc = join(dirname(compiler), "bin", "tsc");
  await promisify(execFile)(process.execPath, [tsc, "-p", join(REPOSITORY, "tsconfig.build.json"), "--outDir", folder]);
  return join(folder, "agent", "main.js");
}

/** Makes a module of a Worker that is only for the bench. @returns its path */
export async function bundle(name: "naive" | "floor", folder: string): Promise<string> {
  const source = await readFile(fileURLToPath(new URL(`workers/${name}.ts`, import.meta.url)), "utf8");
  const path = join(folder, name, "index.js");
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(path, stripTypeScriptTypes(source));
  return path;
}
