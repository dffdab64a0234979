import { join } from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY } from "../home/build-worker.ts";

export interface DemoOptions {
  /** What the demo keeps between starts. */
  folder: string;
  /** The page's port: exactly this one, or the first free one from a number on. */
  port: { exactly: number } | { from: number };
}

export type ParsedOptions =
  | { status: "options"; options: DemoOptions }
  | { status: "help" }
  | { status: "wrong"; error: string };

const DEFAULT_PORT = 8787;

export const USAGE = `npm start [-- OPTIONS]

  --port N       the page's port (default: ${DEFAULT_PORT}, or the next free one)
  --folder DIR   what the demo keeps between starts (default: .ccr-demo in the repository)
`;

/** Reads what follows `npm start --`. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  let values: { port?: string; folder?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { port: { type: "string" }, folder: { type: "string" }, help: { type: "boolean", short: "h" } },
    }));
  } catch (error) {
    return { status: "wrong", error: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { status: "help" };
  const folder = values.folder ?? join(REPOSITORY, ".ccr-demo");
  if (values.port === undefined) return { status: "options", options: { folder, port: { from: DEFAULT_PORT } } };
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    return { status: "wrong", error: `--port ${values.port}: a port is a number from 0 (any free one) to 65535` };
  }
  return { status: "options", options: { folder, port: { exactly: port } } };
}
