import type { AsyncCommand, Command } from "fast-check";
import { expect } from "vitest";

/** What the model says and what the real thing says: the same. */
export type Both = readonly [model: unknown, real: unknown];

/**
 * One step of a model-based test, for `fc.commands`.
 *
 * @param reads how it reads in a counterexample: `receive(2)`
 * @param run takes the step in the model and in the real thing
 */
export function step<Model extends object, Real>(
  reads: string,
  run: (model: Model, real: Real) => Both,
): Command<Model, Real> {
  return { check: () => true, run: (model, real) => agree(run(model, real)), toString: () => reads };
}

/** The same, where the real thing takes its time. */
export function slowStep<Model extends object, Real>(
  reads: string,
  run: (model: Model, real: Real) => Promise<Both>,
): AsyncCommand<Model, Real> {
  return { check: () => true, run: async (model, real) => agree(await run(model, real)), toString: () => reads };
}

function agree([model, real]: Both): void {
  expect(real).toEqual(model);
}
