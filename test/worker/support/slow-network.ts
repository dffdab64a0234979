import { env } from "cloudflare:workers";
import { onTestFinished, vi } from "vitest";
import { until } from "./until.ts";

/** Calls that are on their way to a machine and have not arrived. */
export interface HeldBack {
  /** Resolves when the first call is on its way. Later ones are not held back. */
  readonly underWay: Promise<void>;
  /** Lets it arrive. */
  release(): void;
}

/** Holds back the next call of this method of any machine's object, as a slow network would. */
export function holdBack(method: "offer" | "cancel"): HeldBack {
  const { promise, resolve } = Promise.withResolvers<void>();
  const real = env.MACHINE.getByName.bind(env.MACHINE);
  let held = false;
  const spy = vi.spyOn(env.MACHINE, "getByName").mockImplementation((name) => {
    const stub = real(name);
    return new Proxy(stub, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key !== method || held)
          return (...parameters: unknown[]): unknown => Reflect.apply(value, target, parameters);
        return async (...parameters: unknown[]): Promise<unknown> => {
          held = true;
          spy.mockRestore();
          await promise;
          return Reflect.apply(value, target, parameters);
        };
      },
    });
  });
  onTestFinished(() => {
    spy.mockRestore();
    resolve();
  });
  return {
    underWay: until(`an ${method} is on its way`, () => held).then(() => undefined),
    release: () => resolve(),
  };
}
