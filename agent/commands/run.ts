import { constants } from "node:os";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Attachment } from "../control/attachment.ts";
import { controlSocketPath } from "../control/socket-path.ts";
import { childEnvironment } from "../environment.ts";
import { defaultLabel } from "../session/label.ts";
import { findProgram } from "../terminal/find-program.ts";
import { DEFAULT_SIZE, LocalTerminal } from "../terminal/local-terminal.ts";
import { PassThrough } from "../terminal/pass-through.ts";
import { Pty, type PtyExit } from "../terminal/pty.ts";
import { PtyTerminal } from "../terminal/pty-terminal.ts";
import { Screen } from "../terminal/screen.ts";
import { suspendTogether } from "../terminal/suspension.ts";
import { type RunArguments, parseRunArguments } from "./run-arguments.ts";

/** Signals that are meant for the program inside. */
const FORWARDED = ["SIGINT", "SIGQUIT", "SIGTERM"] as const;

/** SIGHUP's number: how a program ends whose terminal is gone. */
const HANGUP = 1;

/** A program may tidy up when its terminal is gone. Ours ends after this, and with it the program's terminal. */
const HANGUP_GRACE_MS = 5_000;

const WRONG_USAGE = 2;

/**
 * `ccr-agent run [--label L] [--session ID] -- COMMAND …`: runs a program in a terminal of ours that passes through
 * to this one, as a session that can be typed into. Prints nothing while the program runs.
 *
 * @param argv what follows `run`.
 * @returns the exit status: the program's own, or 128 and the number of the signal that ended it.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const wanted = parseRunArguments(argv);
  if (wanted.status === "wrong") return complain(wanted.error, WRONG_USAGE);
  const program = findProgram(wanted.command, process.env);
  if (program.status === "failed") return complain(program.error, program.exitStatus);
  const label = wanted.label ?? (await defaultLabel(process.cwd()));
  return await runProgram(program.path, label, wanted);
}

async function runProgram(
  file: string,
  label: string,
  wanted: Extract<RunArguments, { status: "run" }>,
): Promise<number> {
  const { sessionId, args } = wanted;
  const startedAt = Date.now();
  const screen = new Screen(DEFAULT_SIZE);
  const local = new LocalTerminal(() => screen.leftovers());
  local.lend();
  try {
    const size = local.size();
    screen.resize(size);
    const pty = new Pty({ file, args, environment: programEnvironment(sessionId), size });
    const attachment = new Attachment({
      path: controlSocketPath(process.env),
      terminal: new PtyTerminal(pty, screen),
      attach: () => ({
        type: "attach",
        sessionId,
        label,
        program: basename(file).slice(0, 256),
        pid: pty.pid,
        // The wall clock counts the time that the machine slept as well. It may have been set back.
        claim: Math.max(0, Date.now() - startedAt),
      }),
    });
    const exit = await pass(pty, screen, local);
    local.restore();
    await attachment.end("exited");
    if (attachment.refusal !== undefined) complain(`this session could not be reached: ${attachment.refusal}`, 0);
    return exit.signal > 0 ? 128 + exit.signal : exit.code;
  } finally {
    local.restore();
    screen.dispose();
  }
}

/** Passes bytes, sizes and signals between the two terminals until the program has ended and all of it is shown. */
async function pass(pty: Pty, screen: Screen, local: LocalTerminal): Promise<PtyExit> {
  const passing = new PassThrough({ pty, screen, input: process.stdin, inputIsTerminal: local.isTerminal });
  const stopSignals = forwardSignals(pty, local, () => passing.lose());
  const stopSuspending = suspendTogether(pty, local, process.stdin);
  const stopResizing = local.onResize((size) => {
    screen.resize(size);
    pty.resize(size);
  });
  const exit = await Promise.race([pty.exited, passing.lost.then(() => hangUp(pty))]);
  stopResizing();
  stopSuspending();
  await Promise.race([passing.shown(), passing.lost]);
  await screen.understood();
  passing.stop();
  stopSignals();
  return exit;
}

function programEnvironment(sessionId: string): Record<string, string> {
  // The size is the terminal's to say: these would go on naming the size at the start.
  const { COLUMNS: _columns, LINES: _lines, ...environment } = childEnvironment(process.env);
  return { ...environment, CCR_SESSION: sessionId };
}

/** @returns how to stop it: from then on a signal ends this process. */
function forwardSignals(pty: Pty, local: LocalTerminal, lose: () => void): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    if (!pty.ended) return pty.signal(signal);
    // Only our own output still waits, for a terminal that does not take it: then the signal means us.
    local.restore();
    process.exit(128 + constants.signals[signal]);
  };
  const hangup = (): void => (local.isTerminal ? lose() : forward("SIGHUP"));
  for (const signal of FORWARDED) process.on(signal, forward);
  process.on("SIGHUP", hangup);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off("SIGHUP", hangup);
  };
}

async function hangUp(pty: Pty): Promise<PtyExit> {
  pty.signal("SIGHUP");
  const grace = delay(HANGUP_GRACE_MS, { code: 0, signal: HANGUP }, { ref: false });
  return await Promise.race([pty.exited, grace]);
}

function complain<Status extends number>(message: string, status: Status): Status {
  process.stderr.write(`ccr-agent: ${message}\n`);
  return status;
}
