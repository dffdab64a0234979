import { parseArgs } from "node:util";
import { ConfigError } from "../config.ts";
import { controlSocketPath, stateFolder } from "../control/socket-path.ts";
import { Daemon } from "../daemon/daemon.ts";
import { AlreadyRunning, lockFolder } from "../daemon/lock.ts";
import { clearStop, noteStop } from "../daemon/last-stop.ts";
import { CONFIG_VARIABLES, type Environment } from "../environment.ts";
import { ensurePrivateFolder } from "../private-files.ts";
import { Credentials } from "../router/credentials.ts";

/**
 * EX_CONFIG of sysexits.h: only a person can help. A service unit must not restart on it
 * (systemd: `RestartPreventExitStatus=78`).
 */
export const EXIT_FOR_PEOPLE = 78;

function log(line: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  process.stdout.write(`${time} ${line}\n`);
}

/** `ccr-agent start`: runs the daemon until it is told to stop. Returns the exit status. */
export async function start(argv: readonly string[], env: Environment = process.env): Promise<number> {
  parseArgs({ args: [...argv], options: {} });
  process.umask(0o077);
  const folder = stateFolder(env);
  let unlock: () => void;
  let credentials: Credentials;
  try {
    ensurePrivateFolder(folder);
    unlock = lockFolder(folder);
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    process.stderr.write(`ccr-agent: ${error.message}\n`);
    return 1;
  }
  try {
    credentials = new Credentials({ ...env });
  } catch (error) {
    unlock();
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`ccr-agent: ${error.message}\n`);
    return EXIT_FOR_PEOPLE;
  }
  // Nothing that this process may ever start inherits the key.
  for (const name of CONFIG_VARIABLES) delete process.env[name];
  clearStop(folder);
  const status = await untilStopped(folder, env, credentials);
  unlock();
  return status;
}

async function untilStopped(folder: string, env: Environment, credentials: Credentials): Promise<number> {
  let end: (status: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const daemon = new Daemon({
    folder,
    socketPath: controlSocketPath(env),
    credentials,
    env,
    log,
    stopped: (reason) => {
      noteStop(folder, reason);
      process.stderr.write(`ccr-agent: stopped: ${reason}.\n`);
      end(EXIT_FOR_PEOPLE);
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      log(`stopping (${signal})`);
      end(0);
    });
  }
  log(`agent of ${credentials.config.machineId} starts, process ${process.pid}`);
  await daemon.start();
  const status = await ended;
  await daemon.stop();
  return status;
}
