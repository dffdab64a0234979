#!/usr/bin/env node
import { ConfigError } from "./config.ts";
import { UsageError, USAGE } from "./commands/usage.ts";
import { AGENT_VERSION } from "./version.ts";

/** Each command is loaded when it is called: `notify` must not wait for a terminal's native code. */
const COMMANDS: Readonly<Record<string, () => Promise<(argv: readonly string[]) => Promise<number>>>> = {
  pair: async () => (await import("./commands/pair.ts")).pair,
  start: async () => (await import("./commands/start.ts")).start,
  run: async () => (await import("./commands/run.ts")).run,
  notify: async () => (await import("./commands/notify.ts")).notify,
  status: async () => (await import("./commands/status.ts")).status,
  hooks: async () => (await import("./commands/hooks.ts")).hooks,
};

function isWrongUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (name === "--version") {
    process.stdout.write(`${AGENT_VERSION}\n`);
    return 0;
  }
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const wrong = name === undefined ? "" : `ccr-agent: there is no command "${name}"\n\n`;
    process.stderr.write(`${wrong}${USAGE}`);
    return 2;
  }
  try {
    const command = await load();
    return await command(argv);
  } catch (error) {
    if (isWrongUsage(error)) {
      process.stderr.write(`ccr-agent: ${error.message}\n\n${USAGE}`);
      return 2;
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`ccr-agent: ${error.message}\n`);
      return 1;
    }
    process.stderr.write(`ccr-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

// A call that is under way must not hold up an end that was asked for.
process.exit(await main(process.argv.slice(2)));
