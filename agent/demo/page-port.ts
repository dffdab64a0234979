import { PortOccupied, freePort } from "../home/port.ts";
import type { DemoOptions } from "./options.ts";

/** How many ports are tried after the first, before it seems that something else is wrong. */
const TRIES = 20;

/**
 * The port for the page.
 *
 * @throws PortOccupied where the one that was asked for, or all that were tried, are taken
 */
export async function pagePort(port: DemoOptions["port"]): Promise<number> {
  if ("exactly" in port) return await freePort(port.exactly);
  for (let candidate = port.from; ; candidate += 1) {
    try {
      return await freePort(candidate);
    } catch (error) {
      if (!(error instanceof PortOccupied) || candidate >= port.from + TRIES) throw error;
    }
  }
}
