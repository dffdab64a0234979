import { once } from "node:events";
import { createServer } from "node:net";

/** The port that was asked for is taken. */
export class PortOccupied extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} on 127.0.0.1 is in use. Stop the program that listens there, or choose another port.`);
    this.name = "PortOccupied";
    this.port = port;
  }
}

/**
 * Where a port is looked for: below what Linux (from 32768) and macOS (from 49152) give to outgoing connections, which
 * would take it while the router is stopped.
 */
const PORTS = { from: 20_000, to: 32_768 };
/** Of more than twelve thousand ports so many in turn are never taken. */
const TRIES = 50;

/**
 * Asks the system whether a loopback port can be had, since workerd reports it late.
 *
 * @param port 0 for any
 * @returns the port
 * @throws PortOccupied
 */
export async function freePort(port: number): Promise<number> {
  if (port !== 0) return claimable(port);
  for (let attempt = 1; ; attempt++) {
    const any = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    try {
      return await claimable(any);
    } catch (error) {
      if (!(error instanceof PortOccupied) || attempt === TRIES) throw error;
    }
  }
}

/** Whether a loopback port can be had now. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await claimable(port);
    return true;
  } catch (error) {
    if (error instanceof PortOccupied) return false;
    throw error;
  }
}

async function claimable(port: number): Promise<number> {
  const probe = createServer();
  const listening = once(probe, "listening");
  probe.listen(port, "127.0.0.1");
  try {
    await listening;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") throw new PortOccupied(port);
    throw error;
  }
  const closed = once(probe, "close");
  probe.close();
  await closed;
  return port;
}
