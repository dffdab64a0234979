/** `npm start`: the whole router on one machine, with a page to try it. */
import { PortOccupied } from "../home/port.ts";
import { Demo } from "./demo.ts";
import { USAGE, parseOptions } from "./options.ts";
import type { DemoOptions } from "./options.ts";

/** npm hands Ctrl-C on to us although the terminal has sent it already: only a later one means "at once". */
const SAME_INTERRUPT_MS = 1_000;

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args);
  if (parsed.status === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (parsed.status === "wrong") {
    process.stderr.write(`${parsed.error}\n\n${USAGE}`);
    return 2;
  }
  let running = false;
  const interrupted = interrupt(() => running);
  try {
    const demo = await Demo.start({ ...parsed.options, onProgress: (line) => process.stdout.write(`  · ${line}\n`) });
    running = true;
    process.stdout.write(`\n  Open ${demo.url}    (Ctrl-C stops it)\n\n`);
    await interrupted;
    process.stdout.write("\n  Stopping…\n");
    await demo.stop();
    process.stdout.write(`  Stopped. \`npm start\` goes on from here; ${parsed.options.folder} holds what is kept.\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`\n${remedyFor(error, parsed.options)}\n`);
    return 1;
  }
}

/**
 * Resolves when the demo is asked to stop. A second request, a while later, ends it at once, and so does one while it
 * still starts: every process of the demo ends with this one.
 */
function interrupt(running: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const asked = (): void => {
      const now = performance.now();
      if (!running() || (first !== undefined && now - first > SAME_INTERRUPT_MS)) process.exit(130);
      first ??= now;
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, asked);
  });
}

function remedyFor(error: unknown, { port }: DemoOptions): string {
  const words = error instanceof Error ? error.message : String(error);
  const isPagePort = error instanceof PortOccupied && "exactly" in port && port.exactly === error.port;
  return isPagePort ? `${words} For example: npm start -- --port ${error.port + 1}` : words;
}

process.exit(await main(process.argv.slice(2)));
