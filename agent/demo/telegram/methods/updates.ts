import type { Parameters } from "../parameters.ts";
import { Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";

const MAX_TIMEOUT_SECONDS = 50;

/** Long polling. It and a webhook exclude each other, and so do two polls: the newer wins. */
export async function getUpdates(world: World, parameters: Parameters): Promise<Done | Refusal> {
  if (world.settings.webhook !== undefined) {
    return new Refusal(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  world.events.emit(
    "takenOver",
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  );
  const offset = parameters.integer("offset") ?? 0;
  const limit = Math.min(Math.max(parameters.integer("limit") ?? 100, 1), 100);
  const timeout = Math.min(Math.max(parameters.integer("timeout") ?? 0, 0), MAX_TIMEOUT_SECONDS);
  // Counted from the end where it is negative; what lies before it is forgotten either way.
  const from = offset < 0 ? (world.updates.from(0, -1).at(offset)?.update_id ?? 0) : offset;
  if (from > 0) world.updates.doneBefore(from);
  const ready = world.updates.from(from, limit);
  if (ready.length > 0 || timeout === 0) return { result: ready };
  const refusal = await waitForUpdate(world, timeout);
  return refusal ?? { result: world.updates.from(from, limit) };
}

/** Undefined once an update came or the time is over; a refusal where another call took the place of this one. */
function waitForUpdate({ events }: World, seconds: number): Promise<Refusal | undefined> {
  return new Promise((resolve) => {
    function end(refusal?: Refusal): void {
      clearTimeout(timer);
      events.off("published", arrived);
      events.off("takenOver", takenOver);
      resolve(refusal);
    }
    const arrived = () => end();
    const takenOver = (reason: string) => end(new Refusal(409, reason));
    const timer = setTimeout(arrived, seconds * 1000);
    events.once("published", arrived);
    events.once("takenOver", takenOver);
  });
}
