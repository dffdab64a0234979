/**
 * The process that holds one runtime: miniflare here, workerd as its child. A process of its own, so that the router
 * can be killed like by a power cut, and so that miniflare's signal handlers decide over nobody else's end.
 */
import { dirname } from "node:path";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import * as v from "valibot";
import { ToRuntime } from "./runtime-messages.ts";
import type { FromRuntime, RuntimeOptions } from "./runtime-messages.ts";

const SCRIPT_NAME = "ccr-router";

let miniflare: Miniflare | undefined;

process.on("message", (message) => {
  void obey(v.parse(ToRuntime, message));
});

// The parent is gone, however it went: a runtime without it would hold the port for ever.
process.on("disconnect", () => {
  void stop();
});

async function obey(message: ToRuntime): Promise<void> {
  if (message.type === "start") await start(message.options);
  else await evict(message.call, message.className, message.name);
}

async function start(options: RuntimeOptions): Promise<void> {
  try {
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        name: SCRIPT_NAME,
        modules: true,
        scriptPath: options.scriptPath,
        // workerd refuses a module outside of its root, which would be the working directory.
        modulesRoot: dirname(options.scriptPath),
        compatibilityDate: options.compatibilityDate,
        host: "127.0.0.1",
        port: options.port,
        // Without this miniflare asks the internet where we are.
        cf: false,
        telemetry: { enabled: false },
        bindings: options.bindings,
        durableObjects: {
          SESSION: { className: "SessionDO", useSQLite: true },
          MACHINE: { className: "MachineDO", useSQLite: true },
        },
        ratelimits: { PAIRING_LIMIT: { namespace_id: "1001", simple: { limit: 10, period: 60 } } },
        resourcePersistencePath: options.storage,
        handleStructuredLogs: ({ level, message }) => console.log(`${level} ${message}`),
      }),
    );
    const url = await miniflare.ready;
    tell({ type: "ready", url: url.origin });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    tell({ type: "failed", message: String(error), ...(code === undefined ? {} : { code }) });
  }
}

async function evict(call: number, className: string, name: string): Promise<void> {
  try {
    if (miniflare === undefined) throw new Error("the runtime has not started");
    await miniflare.unsafeEvictDurableObject(SCRIPT_NAME, className, { name });
    tell({ type: "done", call });
  } catch (error) {
    tell({ type: "notDone", call, message: String(error) });
  }
}

async function stop(): Promise<void> {
  await miniflare?.dispose();
  process.exit(0);
}

function tell(message: FromRuntime): void {
  process.send?.(message);
}
