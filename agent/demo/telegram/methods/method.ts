import type { Parameters } from "../parameters.ts";
import type { Refusal } from "../refusal.ts";
import type { World } from "../world.ts";

/** What a method gives back: a result, with a description where the real server adds one. */
export interface Done {
  result: unknown;
  description?: string;
}

/** One method of the Bot API. */
export type Method = (world: World, parameters: Parameters) => Done | Refusal | Promise<Done | Refusal>;
