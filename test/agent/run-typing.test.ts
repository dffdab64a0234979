import { describe, expect, test, vi } from "vitest";
import { Recording, runAtDesk, temporaryFolder } from "./run-harness.ts";
import { StandInDaemon } from "./stand-in-daemon.ts";
import { containing, matching } from "./matching.ts";

vi.setConfig({ testTimeout: 30_000 });

/** A recorder under `run`, attached to a daemon. */
async function recorder(...options: string[]) {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder);
  const recording = new Recording(folder);
  const desk = runAtDesk(folder, ["--", ...recording.command(...options)]);
  await desk.shows("ready");
  await daemon.attached();
  const type = (text: string, kind: "text" | "action" = "text") => daemon.order({ type: "type", text, kind });
  return { daemon, recording, desk, type };
}

describe("typing a text", () => {
  test("it arrives byte for byte, as a paste where the program asked for that", async () => {
    const { recording, type } = await recorder("--bracketed");
    expect(await type("größer\n\tzweite Zeile 👩‍💻 'quoted' $HOME `x` \\")).toMatchObject({ status: "typed" });
    const recorded = await recording.endsWith("\r");
    expect(recorded.toString()).toBe("\u001b[200~größer\n\tzweite Zeile 👩‍💻 'quoted' $HOME `x` \\\u001b[201~\r");
  });

  test("without bracketed paste its lines are typed as lines", async () => {
    const { recording, type } = await recorder();
    await type("one\ntwo");
    expect((await recording.endsWith("two\r")).toString()).toBe("one\rtwo\r");
  });

  test("Enter follows on its own, after a pause", async () => {
    const { recording, type } = await recorder("--bracketed");
    await type("hello");
    await recording.endsWith("\r");
    const reads = recording.reads();
    const enter = reads.at(-1);
    expect(enter?.bytes.toString()).toBe("\r");
    expect((enter?.at ?? 0) - (reads.at(-2)?.at ?? 0)).toBeGreaterThanOrEqual(140);
  });

  test("64 KB arrive whole", async () => {
    const { recording, type } = await recorder("--bracketed");
    const text = Array.from({ length: 64 * 1024 }, (_, index) => String.fromCharCode(97 + (index % 26))).join("");
    expect(await type(text)).toMatchObject({ status: "typed" });
    const recorded = await recording.endsWith("\r");
    expect(recorded.equals(Buffer.from(`\u001b[200~${text}\u001b[201~\r`))).toBe(true);
  });

  test("a text cannot end its own paste, and it is told what was taken out", async () => {
    const { recording, type } = await recorder("--bracketed");
    expect(await type("a\u001b[201~rm -rf\u0007\u200b b")).toMatchObject({ status: "typed", removed: 3 });
    expect((await recording.endsWith("\r")).toString()).toBe("\u001b[200~a[201~rm -rf b\u001b[201~\r");
  });

  test("of two texts at once, each is submitted before the other begins", async () => {
    const { recording, type } = await recorder("--bracketed");
    await Promise.all([type("a".repeat(9_000)), type("b".repeat(9_000))]);
    const recorded = (await recording.endsWith("b\u001b[201~\r")).toString();
    expect(recorded).toBe(`\u001b[200~${"a".repeat(9_000)}\u001b[201~\r\u001b[200~${"b".repeat(9_000)}\u001b[201~\r`);
  });

  test("keystrokes at the desk still pass, and never into a paste", async () => {
    const { recording, desk, type } = await recorder("--bracketed");
    const typed = type("x".repeat(30_000));
    desk.pty.write("desk");
    await typed;
    const recorded = (await recording.endsWith("\r")).toString();
    expect(recorded).toContain(`\u001b[200~${"x".repeat(30_000)}\u001b[201~`);
    expect(recorded.replace(/\u001b\[200~x*\u001b\[201~/, "")).toBe("desk\r");
  });

  test("a text of which nothing is left fails, and nothing is typed", async () => {
    const { recording, type } = await recorder();
    expect(await type("\u001b\u200b")).toMatchObject({
      status: "failed",
      reason: "there is nothing to type: the text held only invisible or control characters",
    });
    await type("after");
    expect((await recording.endsWith("\r")).toString()).toBe("after\r");
  });

  test("a slash command is typed, not pasted, so that the program's menu opens", async () => {
    const { recording, type } = await recorder("--bracketed");
    await type("/compact now");
    expect((await recording.endsWith("\r")).toString()).toBe("/compact now\r");
  });
});

describe("before the Enter", () => {
  /** Answers each `beforeEnter`. */
  async function asked(answer: { refused?: string } | "nothing") {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder, (message) => {
      if (message.type === "attach") return { type: "attached", sessionId: message.sessionId };
      if (message.type !== "beforeEnter" || answer === "nothing") return undefined;
      return { type: "enter", requestId: message.requestId, ...answer };
    });
    const recording = new Recording(folder);
    const desk = runAtDesk(folder, ["--", ...recording.command("--bracketed")]);
    await desk.shows("ready");
    await daemon.attached();
    const typed = daemon.order({ type: "type", text: "hello", kind: "text", asksBeforeEnter: true });
    await daemon.hears("beforeEnter");
    return { folder, daemon, recording, desk, typed };
  }

  test("it is asked whether it may be pressed, when the text stands there", async () => {
    const { recording, typed } = await asked({});
    expect(await typed).toMatchObject({ status: "typed" });
    expect((await recording.endsWith("\r")).toString()).toBe("\u001b[200~hello\u001b[201~\r");
  });

  test("where it may not, the text stands there without it", async () => {
    const { daemon, recording, typed } = await asked({ refused: "a question is open" });
    expect(await typed).toMatchObject({ status: "held", reason: "a question is open" });
    await daemon.order({ type: "key", key: "ctrl-d" });
    expect((await recording.endsWith("\u0004")).toString()).toBe("\u001b[200~hello\u001b[201~\u0004");
  });

  test("where the daemon goes before it answers, nothing is pressed", async () => {
    const { folder, daemon, recording, typed } = await asked("nothing");
    typed.catch(() => {});
    await daemon.stop();
    const next = await StandInDaemon.start(folder);
    await next.attached();
    await next.order({ type: "key", key: "ctrl-d" });
    expect((await recording.endsWith("\u0004")).toString()).toBe("\u001b[200~hello\u001b[201~\u0004");
  });
});

describe("programs that read lines", () => {
  test("a shell runs what is typed", async () => {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder);
    const desk = runAtDesk(folder, ["--", "bash", "--norc"]);
    await daemon.attached();
    await daemon.order({ type: "type", text: "echo $((6 * 7))\necho two", kind: "text" });
    await desk.shows("42\r\n");
    await desk.shows("\ntwo\r\n");
    await daemon.order({ type: "type", text: "exit 3", kind: "text" });
    expect(await desk.ended).toMatchObject({ exitCode: 3 });
  });

  test("a line that the terminal would cut fails, and nothing is typed", async () => {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder);
    const desk = runAtDesk(folder, ["--", "cat"]);
    await daemon.attached();
    const long = await daemon.order({ type: "type", text: "x".repeat(5_000), kind: "text" });
    expect(long).toMatchObject({ status: "failed", reason: containing("reads line by line") });
    await daemon.order({ type: "type", text: "short", kind: "text" });
    await desk.shows("short\r\nshort\r\n");
    expect(desk.shown).not.toContain("xx");
  });

  test("a question for a password is not answered from afar", async () => {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder);
    const desk = runAtDesk(folder, ["--", "bash", "-c", "stty -echo; echo Password:; read -r p; echo got=$p."]);
    await desk.shows("Password:");
    await daemon.attached();
    expect(await daemon.order({ type: "type", text: "continue please", kind: "text" })).toMatchObject({
      status: "held",
      reason: containing("secret"),
    });
    desk.pty.write("secret\r");
    await desk.shows("got=secret.");
  });
});

describe("what a button means to a plain program", () => {
  test.each([
    ["continue", "\r"],
    ["yes", "y\r"],
    ["no", "n\r"],
    ["exit", "/exit\r"],
    ["run tests", "run tests\r"],
  ])("%s", async (action, bytes) => {
    const { recording, type } = await recorder();
    expect(await type(action, "action")).toMatchObject({ status: "typed" });
    expect((await recording.endsWith("\r")).toString()).toBe(bytes);
  });
});

describe("keys", () => {
  test("a named key is pressed as the program asked for it", async () => {
    const plain = await recorder();
    await plain.daemon.order({ type: "key", key: "Up" });
    await plain.daemon.order({ type: "key", key: "ctrl-d" });
    expect((await plain.recording.endsWith("\u0004")).toString()).toBe("\u001b[A\u0004");

    const application = await recorder("--application-cursor");
    await application.daemon.order({ type: "key", key: "up" });
    expect((await application.recording.endsWith("A")).toString()).toBe("\u001bOA");
  });

  test("an unknown key fails with some that exist", async () => {
    const { daemon } = await recorder();
    expect(await daemon.order({ type: "key", key: "hyper" })).toMatchObject({
      status: "failed",
      reason: matching(/"hyper".*escape.*ctrl-c/),
    });
  });
});

describe("the screen", () => {
  test("the last 40 lines that are not blank, as plain text", async () => {
    const folder = await temporaryFolder();
    const daemon = await StandInDaemon.start(folder);
    const desk = runAtDesk(folder, [
      "--",
      "bash",
      "-c",
      String.raw`for i in $(seq 60); do printf "\033[31mline $i\033[0m\n\n"; done; echo "${"w".repeat(100)}"; read x`,
    ]);
    await desk.shows("w".repeat(20));
    await daemon.attached();
    const { text } = Object.assign({ text: "" }, await daemon.order({ type: "screen" }));
    const lines = text.split("\n");
    expect(lines).toHaveLength(40);
    expect(lines.at(0)).toBe("line 22");
    expect(lines.at(-2)).toBe("line 60");
    expect(lines.at(-1)).toBe("w".repeat(100));
  });
});
