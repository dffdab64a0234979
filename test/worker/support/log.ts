import { onTestFinished, vi } from "vitest";

/** What is written to the console from now on, until the test ends. It is kept from the test's own output. */
export interface Log {
  readonly lines: string[];
  /** Of these: what somebody should look at. */
  readonly errors: string[];
}

export function watchLog(): Log {
  const log: Log = { lines: [], errors: [] };
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    const spy = vi.spyOn(console, name).mockImplementation((...parts: unknown[]) => {
      const line = parts.map(String).join(" ");
      log.lines.push(line);
      if (name === "error") log.errors.push(line);
    });
    onTestFinished(() => spy.mockRestore());
  }
  return log;
}
