import { call } from "../actor/call.ts";
import { bearer, checkKey } from "../address/machine-key.ts";
import { configOf } from "../config.ts";
import type { Reporter } from "../machine/offer.ts";
import { errorAnswer } from "./answer.ts";

/** A machine that proved who it is, or the answer to one that did not. */
export type Authenticated =
  | { readonly status: "machine"; readonly by: Reporter }
  | { readonly status: "refused"; readonly answer: Response };

/**
 * Checks a machine's key. Its MAC is checked first, so that a stranger wakes no object; the hash that the machine's
 * object stores decides.
 */
export async function authenticate(request: Request, env: Env): Promise<Authenticated> {
  const key = await checkKey(configOf(env).machineKeySecret, bearer(request) ?? "");
  if (key === undefined) return refused(401, "a machine key is needed: Authorization: Bearer ccr1.…");
  const owner = await call(
    () => env.MACHINE.getByName(key.machineId),
    (machine): Promise<number | "not-allowed" | null> => machine.authenticate(key.keyHash),
  );
  if (owner === null) return refused(401, "this key is no longer good: pair the machine again");
  if (owner === "not-allowed") return refused(403, "this machine's owner is not in ALLOWED_USER_IDS any more");
  return { status: "machine", by: { machineId: key.machineId, ownerId: owner } };
}

function refused(status: number, error: string): Authenticated {
  return { status: "refused", answer: errorAnswer(status, error) };
}
