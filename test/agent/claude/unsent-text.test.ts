import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClaudeTerminal } from "../../../agent/claude/claude-terminal.ts";
import { isInForeground } from "../../../agent/session/foreground.ts";
import { processStart } from "../../../agent/session/process.ts";
import { Pty } from "../../../agent/terminal/pty.ts";
import { until } from "../agent-home.ts";
import { containing } from "../matchers.ts";
import { SCREENS, ScriptedTerminal } from "./scripted-terminal.ts";

const QUESTION = containing("a question is open");

let pty: Pty;
let bare: ScriptedTerminal;
let asks: boolean;
let terminal: ClaudeTerminal;

beforeEach(async () => {
  pty = new Pty({ file: "/bin/sleep", args: ["60"], environment: {}, size: { columns: 80, rows: 24 } });
  bare = new ScriptedTerminal();
  await until("it is in front", () => isInForeground(pty.pid));
  asks = false;
  terminal = new ClaudeTerminal(bare, {
    pid: pty.pid,
    processStart: processStart(pty.pid) ?? "",
    asks: () => asks,
    permissions: () => ({ shell: false, exit: false }),
    confirmExit: () => {},
    keep: () => "/private/prompt.txt",
  });
  // A dialog opens behind each text.
  bare.onPaste = () => (bare.screenNow = SCREENS.dialog);
});

afterEach(async () => {
  vi.restoreAllMocks();
  pty.signal("SIGKILL");
  await pty.exited;
});

/** The dialog is gone, and this stands in the box. Everything that gets its Enter is taken. */
function closesTo(box: string): void {
  bare.screenNow = SCREENS.ready.replace("❯\u00a0", `❯\u00a0${box}`);
  bare.onPaste = () => {};
  bare.on = () => void terminal.submitted("half a thought");
}

test("a text that a dialog has opened behind gets no Enter before that is gone, and then Enter alone", async () => {
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "held", reason: QUESTION });
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "held", reason: QUESTION });
  closesTo("half a thought");
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["paste half a thought", "key enter"]);
});

test("a text that the dialog swallowed is typed anew, once", async () => {
  expect(await terminal.type("half a thought\u200b", "text")).toEqual({ status: "held", reason: QUESTION });
  closesTo("");
  expect(await terminal.type("half a thought\u200b", "text")).toEqual({ status: "accepted", removed: 1 });
  expect(bare.done).toEqual(["paste half a thought", "type half a thought"]);
});

test("a slash command gets no Enter either", async () => {
  expect(await terminal.type("/cost", "text")).toEqual({ status: "held", reason: QUESTION });
  closesTo("/cost");
  expect(await terminal.type("/cost", "text")).toEqual({ status: "typed" });
  expect(bare.done).toEqual(["paste /cost", "key enter"]);
});

test("a question that a hook has told of is enough, whatever the screen shows yet", async () => {
  bare.onPaste = () => (asks = true);
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "held", reason: QUESTION });
  expect(bare.done).toEqual(["paste half a thought"]);
});

test("a question that opens while Enter is repeated gets none", async () => {
  bare.onPaste = () => (bare.screenNow = SCREENS.draft);
  bare.on = () => (asks = true);
  expect(await terminal.type("half a thought", "text")).toMatchObject({
    status: "failed",
    reason: containing("stands unsent in the box"),
  });
  expect(bare.done).toEqual(["type half a thought"]);
});

test("a text that hides the sign of its box gets its Enter: the box is low, and no dialog", async () => {
  const edge = "─".repeat(20);
  bare.onPaste = () => (bare.screenNow = [`─── ↑ 2 more ${edge}`, "  a thought", edge].join("\n"));
  bare.on = () => void terminal.submitted("half a thought");
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["type half a thought"]);
});

test("where somebody at the terminal sent it meanwhile, it is not typed again", async () => {
  await terminal.type("half a thought", "text");
  closesTo("");
  expect(terminal.submitted("half a thought")).toBe(true);
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["paste half a thought"]);
});

test("where somebody sent it while Claude works, it waits there, and is not typed again", async () => {
  await terminal.type("half a thought", "text");
  closesTo("");
  bare.screenNow = `\n❯ half a\n  thought\n  ⎿  Queued · ctrl+x ctrl+s to send now\n\n${bare.screenNow}`;
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "unproved" });
  expect(bare.done).toEqual(["paste half a thought"]);
});

test("what was taken after it had been given up does not stand for the same text sent later", async () => {
  await terminal.type("half a thought", "text");
  closesTo("");
  terminal.submitted("half a thought");
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + 60_000);
  expect(await terminal.type("half a thought", "text")).toEqual({ status: "accepted" });
  expect(bare.done).toEqual(["paste half a thought", "type half a thought"]);
});

test("what stands there unsent is in the way of another text", async () => {
  await terminal.type("half a thought", "text");
  closesTo("half a thought");
  expect(await terminal.type("now this", "text")).toEqual({ status: "held", reason: containing("an unsent draft") });
  expect(bare.done).toEqual(["paste half a thought"]);
});

test("a backslash before an invisible character is still the last one, and gets its space", async () => {
  closesTo("");
  bare.on = () => void terminal.submitted("C:\\");
  expect(await terminal.type("C:\\\u200b", "text")).toEqual({ status: "accepted", removed: 1 });
  expect(bare.done).toEqual(["type C:\\ "]);
});
