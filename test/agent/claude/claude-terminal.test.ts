import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClaudeTerminal } from "../../../agent/claude/claude-terminal.ts";
import { isInForeground } from "../../../agent/session/foreground.ts";
import { processStart } from "../../../agent/session/process.ts";
import { Pty } from "../../../agent/terminal/pty.ts";
import { until } from "../agent-home.ts";
import { containing } from "../matchers.ts";
import { SCREENS, ScriptedTerminal } from "./scripted-terminal.ts";

let pty: Pty;
let bare: ScriptedTerminal;
let asks: boolean;
let kept: string[];
let confirmed: number;
let exit: boolean;
let plain: boolean;

/** A terminal of a process that really is in the foreground of one. */
function claude(pid = pty.pid, start = processStart(pty.pid) ?? ""): ClaudeTerminal {
  return new ClaudeTerminal(bare, {
    pid,
    processStart: start,
    plain,
    asks: () => asks,
    permissions: () => ({ shell: false, exit }),
    confirmExit: () => void (confirmed += 1),
    keep: (text) => {
      kept.push(text);
      return "/private/prompt.txt";
    },
  });
}

/** Takes each prompt as soon as it stands in the box and Enter is pressed. */
function takesEverything(terminal: ClaudeTerminal): void {
  bare.on = (what) => void terminal.submitted(what.replace("type ", ""));
}

beforeEach(async () => {
  pty = new Pty({
    file: "/bin/sleep",
    args: ["60"],
    environment: {},
    size: { columns: 80, rows: 24 },
  });
  bare = new ScriptedTerminal();
  await until("it is in front", () => isInForeground(pty.pid));
  asks = false;
  kept = [];
  confirmed = 0;
  exit = false;
  plain = false;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(async () => {
  vi.useRealTimers();
  pty.signal("SIGKILL");
  await pty.exited;
});

test("a prompt that Claude tells of is accepted", async () => {
  const terminal = claude();
  takesEverything(terminal);
  expect(await terminal.type("hello", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["type hello"]);
});

test("a prompt that left the box without a word is unproved", async () => {
  const typing = claude().type("hello", "text");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await typing).toEqual({ status: "unproved" });
  expect(bare.done).toEqual(["type hello"]);
});

test("a proof that comes while the screen is looked at counts", async () => {
  const terminal = claude();
  const typing = terminal.type("hello", "text");
  await vi.advanceTimersByTimeAsync(0);
  bare.screen = async () => {
    terminal.submitted("hello");
    return { status: "screen", text: SCREENS.ready };
  };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await typing).toEqual({ status: "accepted" });
});

test("a prompt that stays in the box gets three Enters, never another text, and then fails", async () => {
  bare.on = () => (bare.screenNow = SCREENS.draft);
  const typing = claude().type("half a thought", "text");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await typing).toMatchObject({ status: "failed", reason: containing("stands unsent in the box") });
  expect(bare.done).toEqual(["type half a thought", "key enter", "key enter"]);
});

test("an Enter that was lost is repeated, and the proof counts", async () => {
  const terminal = claude();
  bare.on = (what) => {
    if (what === "key enter") terminal.submitted("half a thought");
    else bare.screenNow = SCREENS.draft;
  };
  const typing = terminal.type("half a thought", "text");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await typing).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["type half a thought", "key enter"]);
});

test("Claude that ends before the proof leaves it unknown", async () => {
  const terminal = claude();
  const typing = terminal.type("hello", "text");
  await vi.advanceTimersByTimeAsync(0);
  terminal.gone();
  expect(await typing).toMatchObject({ status: "lost" });
});

test.each([
  ["dialog", "a question is open"],
  ["draft", "an unsent draft"],
  ["starting", "box is not there"],
] as const)("with a screen that shows %s, nothing is typed", async (screen, reason) => {
  bare.screenNow = SCREENS[screen];
  expect(await claude().type("hello", "text")).toEqual({ status: "held", reason: containing(reason) });
  expect(await claude().type("/cost", "text")).toMatchObject({ status: "held" });
  expect(await claude().type("continue", "action")).toMatchObject({ status: "held" });
  expect(bare.done).toEqual([]);
});

test("with a question that a hook has told of, nothing is typed, whatever the screen shows yet", async () => {
  asks = true;
  expect(await claude().type("hello", "text")).toEqual({ status: "held", reason: containing("a question is open") });
  expect(bare.done).toEqual([]);
});

test.each([["!ls"], ["exit"], ["/exit"], ["/e\u200b"]])("%s is refused", async (text) => {
  expect(await claude().type(text, "text")).toMatchObject({
    status: "failed",
    reason: containing("does not allow it"),
  });
  expect(bare.done).toEqual([]);
});

test.each([["exit"], ["/exit"]])("the button %s asks once more and types nothing", async (action) => {
  exit = true;
  bare.screenNow = SCREENS.dialog;
  expect(await claude().type(action, "action")).toEqual({ status: "accepted" });
  expect([confirmed, bare.done]).toEqual([1, []]);
});

test("the button asks nothing where Claude is gone", async () => {
  exit = true;
  expect(await claude(pty.pid, "another process").type("exit", "action")).toMatchObject({ status: "failed" });
  expect(confirmed).toBe(0);
});

test("exit as a button means /exit, and is refused like it", async () => {
  expect(await claude().type("exit", "action")).toMatchObject({ status: "failed" });
});

test("a prompt that Escape brought back into the box is cleared away for the next one; the user's own draft is not", async () => {
  const terminal = claude();
  bare.on = (what) => {
    if (what === "type half a thought") terminal.submitted("half a thought");
    if (what === "key escape") bare.screenNow = SCREENS.draft;
    if (what === "key ctrl-c") bare.screenNow = SCREENS.ready;
    if (what === "type now this") terminal.submitted("now this");
  };
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "accepted" });
  await terminal.key("escape");
  expect(await terminal.type("now this", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["type half a thought", "key escape", "key ctrl-c", "type now this"]);

  bare.screenNow = SCREENS.draft;
  expect(await terminal.type("and this", "text")).toMatchObject({ status: "held", reason: containing("draft") });
});

test("a slash command is typed without a proof; a turn that it begins is known as typed here, once", async () => {
  const terminal = claude();
  expect(await terminal.type("/greet Ada", "text")).toEqual({ status: "typed" });
  expect([terminal.submitted("/greet Ada"), terminal.submitted("/greet Ada")]).toEqual([true, false]);
});

test("a prompt of somebody else proves nothing", async () => {
  const terminal = claude();
  bare.on = () => void terminal.submitted("something else");
  const typing = terminal.type("hello", "text");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await typing).toEqual({ status: "unproved" });
});

test("what is too long to type is put into a file, and Claude is told to read it", async () => {
  const terminal = claude();
  takesEverything(terminal);
  const text = "word ".repeat(3_000).trim();
  expect(await terminal.type(text, "text")).toEqual({ status: "accepted" });
  expect(kept).toEqual([text]);
  expect(bare.done).toEqual(["type Read /private/prompt.txt and do what it says."]);
});

test("what a long text lost on its way into the file is counted", async () => {
  const terminal = claude();
  takesEverything(terminal);
  const text = "word ".repeat(3_000).trim();
  expect(await terminal.type(`\u001b${text}\u200b`, "text")).toEqual({ status: "accepted", removed: 2 });
  expect(kept).toEqual([text]);
});

test("two texts are typed one after the other, each with its proof", async () => {
  const terminal = claude();
  const both = Promise.all([terminal.type("one", "text"), terminal.type("two", "text")]);
  await vi.advanceTimersByTimeAsync(0);
  expect(bare.done).toEqual(["type one"]);
  terminal.submitted("one");
  await vi.advanceTimersByTimeAsync(0);
  terminal.submitted("two");
  expect(await both).toEqual([{ status: "accepted" }, { status: "accepted" }]);
});

test("where that Claude is gone, or its number belongs to another process, nothing is typed or pressed", async () => {
  for (const terminal of [claude(pty.pid, "another start"), claude(2 ** 22 + 1)]) {
    expect(await terminal.type("hello", "text")).toMatchObject({ status: "failed" });
    expect(await terminal.key("escape")).toMatchObject({ status: "failed" });
  }
  expect(bare.done).toEqual([]);
});

test("where another program is in front, nothing is typed or pressed", async () => {
  const shell = new Pty({
    file: "/bin/sh",
    args: ["-m", "-c", "sh -c 'echo at work; exec sleep 60'; true"],
    environment: { PATH: "/usr/bin:/bin" },
    size: { columns: 80, rows: 24 },
  });
  let shown = "";
  shell.onOutput((bytes) => (shown += bytes.toString()));
  await until("its job runs", () => shown.includes("at work"));
  const terminal = claude(shell.pid, processStart(shell.pid) ?? "");
  expect(await terminal.type("hello", "text")).toEqual({ status: "held", reason: containing("another program") });
  expect(await terminal.key("escape")).toEqual({ status: "held", reason: containing("another program") });
  expect(bare.done).toEqual([]);
  shell.signal("SIGKILL");
  await shell.exited;
});

test.each([
  ["the terminal cannot tell what is faint", true, false],
  ["Claude draws without colours", false, true],
])("where %s, a suggestion is told from a draft by a space; a draft is tried once", async (_, showsFaint, isPlain) => {
  plain = isPlain;
  const terminal = claude();
  Object.assign(bare, { showsFaint });
  bare.screenNow = SCREENS.draft;
  expect(await terminal.type("one", "text")).toMatchObject({ status: "held", reason: containing("draft") });
  expect(await terminal.type("one", "text")).toMatchObject({ status: "held", reason: containing("draft") });
  expect(bare.done).toEqual(["key space", "key backspace"]);

  bare.on = (what) => {
    if (what === "key space") bare.screenNow = SCREENS.ready;
    if (what === "type one") terminal.submitted("one");
  };
  for (let time = 0; time < 2; time++) {
    bare.screenNow = SCREENS.draft.replace("half a thought", "deploy it");
    expect(await terminal.type("one", "text")).toEqual({ status: "accepted" });
  }
});
