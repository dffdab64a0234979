/** What a router and the process that holds its runtime say to each other (Node's IPC between parent and child). */
import * as v from "valibot";

export const RuntimeOptions = v.object({
  scriptPath: v.string(),
  compatibilityDate: v.string(),
  port: v.number(),
  /** Where the Durable Objects keep their SQLite files. */
  storage: v.string(),
  /** The Worker's variables and secrets; sent over IPC, since arguments can be read by every user of the machine. */
  bindings: v.record(v.string(), v.string()),
});
export type RuntimeOptions = v.InferOutput<typeof RuntimeOptions>;

export const ToRuntime = v.variant("type", [
  v.object({ type: v.literal("start"), options: RuntimeOptions }),
  v.object({ type: v.literal("evict"), call: v.number(), className: v.string(), name: v.string() }),
]);
export type ToRuntime = v.InferOutput<typeof ToRuntime>;

export const FromRuntime = v.variant("type", [
  v.object({ type: v.literal("ready"), url: v.string() }),
  v.object({ type: v.literal("failed"), code: v.optional(v.string()), message: v.string() }),
  v.object({ type: v.literal("done"), call: v.number() }),
  v.object({ type: v.literal("notDone"), call: v.number(), message: v.string() }),
]);
export type FromRuntime = v.InferOutput<typeof FromRuntime>;
