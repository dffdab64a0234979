import type { Outcome } from "../protocol.ts";
import type { StoredCommand } from "./commands.ts";
import type { Registered } from "./registration.ts";
import { ENDED, movedTo } from "./wording.ts";

/** An outcome, and what is told of it. */
export interface Told {
  readonly outcome: Outcome;
  readonly error: string | null;
}

/**
 * What a machine's report means for the user. A bare `cancelled` is no news where the user asked for it; otherwise the
 * session left its machine while the command waited there, and the user has to hear that nothing was typed.
 */
export function asReported(
  command: Pick<StoredCommand, "machineId" | "cancelAsked">,
  { outcome, error }: Told,
  session: Pick<Registered, "machineId" | "endedAt"> | undefined,
): Told {
  if (outcome !== "cancelled" || error !== null || command.cancelAsked) return { outcome, error };
  if (session === undefined || session.endedAt !== null) return { outcome: "failed", error: ENDED };
  if (session.machineId !== command.machineId) return { outcome, error: movedTo(session.machineId) };
  return { outcome, error: `the session left ${command.machineId}` };
}
