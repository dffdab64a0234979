import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { CLAUDE_VERSION } from "./claude-version.ts";

const execute = promisify(execFile);

const SCOPE = "node_modules/@anthropic-ai";

/** The programs of the system that these tests drive, and how to get them. */
const PROGRAMS = [
  { command: "tmux", versionFlag: "-V" },
  { command: "nvim", versionFlag: "--version", debian: "neovim" },
] as const;

/** Some 370 MB come over the line. */
const FETCH_WITHIN_MS = 10 * 60_000;

declare module "vitest" {
  interface ProvidedContext {
    /** The real CLI's native binary. */
    claudeProgram: string;
  }
}

/** `CCR_CLAUDE_CODE_CACHE`, else a folder of this version under `~/.cache`. */
function cacheFolder(): string {
  return process.env["CCR_CLAUDE_CODE_CACHE"] ?? join(homedir(), ".cache/ccr-router", `claude-code-${CLAUDE_VERSION}`);
}

/**
 * The binary lies in the one package for this platform that npm chose. It is started itself: its wrapper needs an
 * install script, and cached scripts of packages are not run here.
 */
function programIn(folder: string): string | undefined {
  const scope = join(folder, SCOPE);
  if (!existsSync(scope)) return undefined;
  return readdirSync(scope)
    .filter((name) => name.startsWith("claude-code-"))
    .map((name) => join(scope, name, "claude"))
    .find((path) => existsSync(path));
}

/** Fetches into a folder beside the final one, and renames it: a fetch that was cut off leaves nothing half done. */
async function fetch(folder: string): Promise<string> {
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(`${folder}.fetching-`);
  const wanted = `@anthropic-ai/claude-code@${CLAUDE_VERSION}`;
  try {
    const args = ["install", "--prefix", fresh, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", wanted];
    await execute("npm", args, { cwd: fresh, timeout: FETCH_WITHIN_MS });
    if (programIn(fresh) === undefined) throw new Error("npm found no binary for this platform");
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `These tests need ${wanted} from the npm registry, and it could not be fetched: ${reason}\n` +
        `Set CCR_CLAUDE_CODE_CACHE to a folder where \`npm install --prefix FOLDER ${wanted}\` was run.`,
      { cause: error },
    );
  }
  const program = programIn(folder);
  if (program === undefined) throw new Error(`${folder} was emptied by someone else: run the tests again`);
  return program;
}

async function requireProgram(command: string, versionFlag: string, packageName: string): Promise<void> {
  try {
    await execute(command, [versionFlag]);
  } catch (error) {
    throw new Error(`These tests need ${command}: install it (Debian: apt-get install ${packageName})`, {
      cause: error,
    });
  }
}

/** Vitest's set-up of the project: what is missing fails the run, it never skips a test. */
export async function setup(project: TestProject): Promise<void> {
  for (const program of PROGRAMS) {
    await requireProgram(program.command, program.versionFlag, "debian" in program ? program.debian : program.command);
  }
  const folder = cacheFolder();
  const program = programIn(folder) ?? (await fetch(folder));
  const { stdout } = await execute(program, ["--version"]);
  if (!stdout.startsWith(CLAUDE_VERSION)) {
    throw new Error(`${program} is ${stdout.trim()}, and these tests are for ${CLAUDE_VERSION}: delete ${folder}`);
  }
  project.provide("claudeProgram", program);
}
