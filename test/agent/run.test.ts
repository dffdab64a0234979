import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { PATIENCE, RUN, Recording, runAtDesk, shellAtDesk, temporaryFolder } from "./run-harness.ts";
import { StandInDaemon } from "./stand-in-daemon.ts";

const FILLER = join(import.meta.dirname, "fixtures", "filler.ts");

vi.setConfig({ testTimeout: 30_000 });

/** `ccr-agent run` where there is no terminal. */
function runInPipes(stateHome: string, args: string[], input: "pipe" | "ignore"): ChildProcess {
  return spawn(process.execPath, [RUN, ...args], {
    env: { ...process.env, XDG_STATE_HOME: stateHome },
    stdio: [input, "pipe", "pipe"],
  });
}

/** All that a process printed, byte by byte; after each piece the reader waits for `pauseMs`. */
async function printed(stream: Readable | null, pauseMs = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) {
    if (piece instanceof Uint8Array) pieces.push(piece);
    if (pauseMs > 0) await delay(pauseMs);
  }
  return Buffer.concat(pieces);
}

describe("between the desk and the program", () => {
  test("bytes pass as they are, in both directions", async () => {
    const folder = await temporaryFolder();
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const recording = new Recording(folder);
    const desk = runAtDesk(folder, ["--", ...recording.command()]);
    await desk.shows("ready");
    // Ctrl-D ends the recorder, so it comes last.
    const typed = Buffer.concat([all.filter((byte) => byte !== 4), Buffer.from([4])]);
    desk.pty.write(typed);
    expect(await desk.ended).toMatchObject({ exitCode: 0 });
    expect(recording.bytes()).toEqual(typed);

    writeFileSync(join(folder, "bytes"), all);
    const child = runInPipes(folder, ["--", "sh", "-c", `stty -opost; cat ${folder}/bytes`], "ignore");
    const [shown, complaints] = await Promise.all([printed(child.stdout), printed(child.stderr)]);
    expect(shown).toEqual(all);
    expect(complaints.toString()).toBe("");
  });

  test("64 KB pasted at the desk arrive whole", async () => {
    const folder = await temporaryFolder();
    const recording = new Recording(folder);
    const desk = runAtDesk(folder, ["--", ...recording.command()]);
    await desk.shows("ready");
    const paste =
      Array.from({ length: 64 * 1024 - 1 }, (_, index) => String.fromCharCode(97 + (index % 25))).join("") + "z";
    desk.pty.write(paste);
    const recorded = await recording.endsWith("z");
    expect(recorded.equals(Buffer.from(paste))).toBe(true);
  });

  test("the last output of a program is not lost, though the reader is slow", async () => {
    const folder = await temporaryFolder();
    const note = join(folder, "written");
    const child = runInPipes(folder, ["--", process.execPath, FILLER, note], "ignore");
    const written = await vi.waitFor(() => {
      const noted = readFileSync(note, "utf8");
      if (noted === "") throw new Error("the note is not written yet");
      return Number(noted);
    }, PATIENCE);
    const shown = await printed(child.stdout, 50);
    expect(written).toBeGreaterThan(1_000_000);
    expect(shown.length).toBe(written);
  });

  test("the program sees the size of the window, and every new one", async () => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, [
      "--",
      "bash",
      "-c",
      "trap 'stty size' WINCH; stty size; while :; do read -r -t 1 x; done",
    ]);
    await desk.shows("24 80");
    desk.pty.resize(101, 33);
    await desk.shows("33 101");
  });

  test("a program that asks has its own terminal, in a sane state", async () => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, ["--", "stty", "-a"]);
    await desk.ended;
    expect(desk.shown).toMatch(/ icanon .* echo /s);
    expect(desk.shown).toContain(" iutf8");
  });

  test("nothing else is shown while and after a program runs without a daemon", async () => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, ["--", "echo", "only this"]);
    await desk.ended;
    expect(desk.shown).toBe("only this\r\n");
  });
});

describe("the end of the program", () => {
  test("its exit status is passed on", async () => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, ["--", "sh", "-c", "exit 7"]);
    expect(await desk.ended).toMatchObject({ exitCode: 7 });
  });

  test("a signal that ended it is told as 128 and its number", async () => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, ["--", "sh", "-c", "kill -KILL $$"]);
    expect(await desk.ended).toMatchObject({ exitCode: 137 });
  });

  test.each(["SIGTERM", "SIGINT", "SIGQUIT"])("%s is the program's to handle", async (signal) => {
    const folder = await temporaryFolder();
    const program = `trap 'echo got ${signal}; exit 5' ${signal.slice(3)}; echo ready; while :; do read -r -t 1 x; done`;
    const desk = runAtDesk(folder, ["--", "bash", "-c", program]);
    await desk.shows("ready");
    process.kill(desk.pty.pid, signal);
    await desk.shows(`got ${signal}`);
    expect(await desk.ended).toMatchObject({ exitCode: 5 });
  });

  test("the program hears that its terminal is gone", async () => {
    const folder = await temporaryFolder();
    const note = join(folder, "note");
    const desk = runAtDesk(folder, [
      "--",
      "bash",
      "-c",
      `trap 'echo hung up > ${note}; exit' HUP; echo ready; while :; do read -r -t 1 x; done`,
    ]);
    await desk.shows("ready");
    process.kill(desk.pty.pid, "SIGHUP");
    await desk.ended;
    expect(readFileSync(note, "utf8")).toBe("hung up\n");
  });
});

describe("the local terminal is given back as it was", () => {
  /** Runs a line in a shell and compares the terminal's settings before and after it. */
  async function settingsAround(
    line: string,
    act: (desk: ReturnType<typeof shellAtDesk>) => Promise<void>,
  ): Promise<string> {
    const folder = await temporaryFolder();
    const desk = shellAtDesk(folder);
    desk.pty.write(`stty -ixon; echo before=$(stty -g).; ${line}; echo; echo after=$(stty -g).\r`);
    const before = (await desk.shows(/before=[0-9a-f:]+\./)).slice("before=".length);
    await act(desk);
    const after = (await desk.shows(/after=[0-9a-f:]+\./)).slice("after=".length);
    expect(after).toBe(before);
    return desk.shown;
  }

  test("after a program that ended", async () => {
    await settingsAround("$RUN -- true", async () => {});
  });

  test("after SIGTERM to ccr-agent", async () => {
    await settingsAround("$RUN -- sh -c 'echo parent=$PPID.; exec sleep 1000'", async (desk) => {
      const pid = /parent=(\d+)\./.exec(await desk.shows(/parent=\d+\./))?.[1];
      process.kill(Number(pid), "SIGTERM");
    });
  });

  test("after the program was killed, with the modes it had switched on", async () => {
    const program = String.raw`printf "\033[?1049h\033[?2004h\033[?1003h\033[?25l\033[>1u"; echo self=$$.; exec sleep 1000`;
    const shown = await settingsAround(`$RUN -- sh -c '${program}'`, async (desk) => {
      const pid = /self=(\d+)\./.exec(await desk.shows(/self=\d+\./))?.[1];
      process.kill(Number(pid), "SIGKILL");
    });
    expect(shown).toContain("\u001b[<1u\u001b[?25h\u001b[?1003l\u001b[?2004l\u001b[?1049l");
  });

  test("after an uncaught exception in ccr-agent itself", async () => {
    await settingsAround(
      String.raw`$CRASHING -- sh -c 'printf "\033[?1003h"; echo parent=$PPID.; exec sleep 1000'`,
      async (desk) => {
        const pid = /parent=(\d+)\./.exec(await desk.shows(/parent=\d+\./))?.[1];
        process.kill(Number(pid), "SIGUSR2");
        await desk.shows("\u001b[?1003l");
        await desk.shows("on purpose");
      },
    );
  });
});

test("a program that stops itself at Ctrl-Z stops ccr-agent too, and fg continues both", async () => {
  const folder = await temporaryFolder();
  const desk = shellAtDesk(folder);
  const program = `trap "kill -STOP $$" TSTP; echo up; while :; do read -r -t 1 x && echo "got $x."; done`;
  desk.pty.write(`stty -ixon; echo before=$(stty -g).; $RUN -- bash -c '${program}'\r`);
  const settings = (await desk.shows(/before=[0-9a-f:]+\./)).slice("before=".length);
  await desk.shows("up\r\n");
  desk.pty.write("\u001a");
  await desk.shows("Stopped");
  desk.pty.write("echo stopped=$(stty -g).\r");
  await desk.shows(`stopped=${settings}`);
  desk.pty.write("fg\r");
  await desk.shows("fg\r\n");
  desk.pty.write("hello\r");
  await desk.shows("got hello.");
});

describe("without a terminal", () => {
  test("what is piped in reaches the program, its end too", async () => {
    const folder = await temporaryFolder();
    const child = runInPipes(folder, ["--", "sh", "-c", "stty -echo; echo ready; cat; echo done"], "pipe");
    let shown = "";
    child.stdout?.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    await vi.waitFor(() => expect(shown).toContain("ready"), PATIENCE);
    child.stdin?.end("one\ntwo");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(shown).toBe("ready\r\none\r\ntwodone\r\n");
  });

  test("an empty input does not end the program: it can be typed into from afar", async () => {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder);
    const child = runInPipes(folder, ["--", "sh", "-c", "read -r line; echo got $line"], "ignore");
    const closed = once(child, "close");
    const shown = printed(child.stdout);
    await daemon.attached();
    expect(await daemon.order({ type: "type", text: "from afar", kind: "text" })).toMatchObject({ status: "typed" });
    expect((await shown).toString()).toContain("got from afar");
    expect(await closed).toEqual([0, null]);
  });
});

describe("what cannot be run", () => {
  test.each([
    { args: ["--", "no-such-program-here"], status: 127, says: "no-such-program-here: it is in no folder of PATH" },
    { args: ["--", "/etc/passwd"], status: 126, says: "/etc/passwd may not be executed" },
    { args: ["bash"], status: 2, says: "usage: ccr-agent run" },
    { args: [], status: 2, says: "the program to run is missing" },
  ])("$says", async ({ args, status, says }) => {
    const folder = await temporaryFolder();
    const desk = runAtDesk(folder, args);
    expect(await desk.ended).toMatchObject({ exitCode: status });
    expect(desk.shown).toContain(says);
  });
});

test("the program knows its session, and nothing of the machine's key", async () => {
  const folder = await temporaryFolder();
  const secrets = { CCR_WORKER_URL: "https://router.example", CCR_MACHINE_ID: "devbox", CCR_MACHINE_KEY: "canary" };
  const desk = runAtDesk(folder, ["--session", "my-session", "--", "env"], secrets);
  await desk.ended;
  expect(desk.shown).toContain("CCR_SESSION=my-session\r\n");
  expect(desk.shown).not.toMatch(/CCR_(WORKER|MACHINE)|canary/);
});
