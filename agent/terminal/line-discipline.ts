import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** How the kernel treats what is typed, before the program reads it. */
export type LineDiscipline = {
  /** Lines are edited by the kernel, and handed over whole. Off in programs that edit by themselves. */
  canonical: boolean;
  /** What is typed is shown by the kernel. Canonical without it is how a password is asked for. */
  echo: boolean;
};

/**
 * Asks for the settings of the terminal at `path`, `/dev/pts/7` for example. Undefined where it cannot be told: the
 * terminal is gone, or its device is not to be opened.
 */
export async function readLineDiscipline(path: string): Promise<LineDiscipline | undefined> {
  try {
    // O_NOCTTY: to look at a terminal must not make it ours.
    const device = await open(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    try {
      return parseStty(await runStty(device.fd));
    } finally {
      await device.close();
    }
  } catch {
    // Only a precaution hangs on it: what cannot be asked is typed as before.
    return undefined;
  }
}

function runStty(fd: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const stty = spawn("stty", ["-a"], { stdio: [fd, "pipe", "ignore"] });
    let printed = "";
    stty.once("error", reject);
    stty.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString("latin1")));
    stty.once("close", () => resolve(printed));
  });
}

/** Reads what `stty -a` prints: a setting by its name, with `-` before it where it is off. */
export function parseStty(settings: string): LineDiscipline | undefined {
  const words = new Set(settings.split(/[\s;]+/));
  const known = (name: string): boolean => words.has(name) || words.has(`-${name}`);
  if (!known("icanon") || !known("echo")) return undefined;
  return { canonical: words.has("icanon"), echo: words.has("echo") };
}

/** Bytes of one line that the kernel holds for a program that reads lines; it drops the rest. */
const LINE_LIMIT = process.platform === "linux" ? 4095 : 1023;

/** Whether `typed` may be typed under these settings, and if not, why. */
export type Fit = { status: "fits" } | { status: "failed"; reason: string } | { status: "held"; reason: string };

/** Decides it. `typed` is what goes out, its lines ended by carriage returns. */
export function fit(typed: string, discipline: LineDiscipline | undefined): Fit {
  if (discipline === undefined || !discipline.canonical) return { status: "fits" };
  if (!discipline.echo) {
    return { status: "held", reason: "the program asks for something secret: type that at the terminal" };
  }
  const longest = Math.max(...typed.split("\r").map((line) => Buffer.byteLength(line)));
  if (longest < LINE_LIMIT) return { status: "fits" };
  return {
    status: "failed",
    reason: `this program reads line by line, and its terminal takes at most ${LINE_LIMIT} bytes a line: send shorter lines`,
  };
}
