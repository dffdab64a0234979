/** How an RPC to another object went wrong, read from the flags that the platform sets on the error. */
export type CallFailure = "overloaded" | "unreachable" | "bug";

const ATTEMPTS = 3;

/**
 * Calls another object. A failure that the platform calls retryable is tried again with a fresh stub, since a stub
 * that failed once may be broken for good. An overloaded object is left alone. The callee must be idempotent.
 */
export async function call<Stub, Result>(stub: () => Stub, work: (stub: Stub) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(stub());
    } catch (error) {
      if (attempt === ATTEMPTS || callFailure(error) !== "unreachable") throw error;
    }
  }
}

/** Tells a broken world from a bug. */
export function callFailure(error: unknown): CallFailure {
  if (flag(error, "overloaded")) return "overloaded";
  return flag(error, "retryable") ? "unreachable" : "bug";
}

function flag(error: unknown, name: "overloaded" | "retryable"): boolean {
  return error instanceof Error && name in error && Reflect.get(error, name) === true;
}
