import { parseArgs } from "node:util";
import * as v from "valibot";
import { ConfigError, loadConfig } from "../config.ts";
import { ControlClient } from "../control/client.ts";
import { controlSocketPath, stateFolder } from "../control/socket-path.ts";
import { lastStop } from "../daemon/last-stop.ts";
import { AgentStatus, describeStatus } from "../daemon/status.ts";
import type { Environment } from "../environment.ts";

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** What can be said without a daemon. */
function describeAbsence(reason: string, env: Environment): string[] {
  const lines = [`offline: ${reason}`];
  const stopped = lastStop(stateFolder(env));
  if (stopped !== null) lines.push(`the last one stopped: ${stopped}`);
  try {
    const { machineId, url } = loadConfig(env);
    lines.push(`this machine is paired as ${machineId} at ${url}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    lines.push(error.message);
  }
  return lines;
}

/** `ccr-agent status`: 0 where the agent is online, 1 where it is not. */
export async function status(argv: readonly string[], env: Environment = process.env): Promise<number> {
  parseArgs({ args: [...argv], options: {} });
  const connected = await ControlClient.connect(controlSocketPath(env));
  if (connected.status === "absent") {
    print(describeAbsence(connected.reason, env));
    return 1;
  }
  const answer = await connected.client.status();
  await connected.client.end();
  if (answer.status === "error") {
    print([`offline: ${answer.error}`]);
    return 1;
  }
  const report = v.safeParse(AgentStatus, answer.report);
  if (!report.success) {
    print(["offline: the running agent is of another version: restart it"]);
    return 1;
  }
  print(describeStatus(report.output));
  return report.output.state === "online" ? 0 : 1;
}
