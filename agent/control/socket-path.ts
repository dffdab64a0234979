import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Environment } from "../environment.ts";

/** The folder of what the agent keeps: `$XDG_STATE_HOME/ccr-agent`, else `~/.local/state/ccr-agent`. */
export function stateFolder(env: Environment): string {
  const base = env.XDG_STATE_HOME;
  // The XDG base directory specification: a relative path there is invalid and has to be ignored.
  if (base !== undefined && isAbsolute(base)) return join(base, "ccr-agent");
  return join(env.HOME ?? homedir(), ".local", "state", "ccr-agent");
}

/** Where the daemon listens. A daemon and the programs that it serves find each other by this alone. */
export function controlSocketPath(env: Environment): string {
  return join(stateFolder(env), "agent.sock");
}
