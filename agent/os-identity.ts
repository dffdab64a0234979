import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

function firstReadable(paths: readonly string[]): string | null {
  for (const path of paths) {
    try {
      const text = readFileSync(path, "utf8").trim();
      if (text !== "") return text;
    } catch {
      // A missing file only means that the next place is asked.
    }
  }
  return null;
}

function output(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: "utf8", timeout: 5_000, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    // A system without this command simply has no such id.
    return null;
  }
}

function osMachineId(): string | null {
  if (process.platform !== "darwin") return firstReadable(["/etc/machine-id", "/var/lib/dbus/machine-id"]);
  const registry = output("/usr/sbin/ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]);
  return registry?.match(/"IOPlatformUUID" = "([^"]+)"/)?.[1] ?? null;
}

/**
 * A hash of the id that the operating system gave this machine, or null where it has none (some containers).
 * Hashed with a prefix of ours, as machine-id(5) asks: the id itself must not leave the machine.
 */
export function osIdHash(): string | null {
  const id = osMachineId();
  return id === null ? null : createHash("sha256").update(`ccr-agent:${id}`).digest("base64url");
}

/** An id that changes with every start of the operating system, URL-safe. */
export function bootId(): string {
  const id =
    process.platform === "darwin"
      ? output("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"])
      : firstReadable(["/proc/sys/kernel/random/boot_id"]);
  const safe = (id ?? "")
    .trim()
    .replace(/[^A-Za-z0-9_-]/g, "")
    .slice(0, 64);
  return safe === "" ? "unknown" : safe;
}
