import { expect, test } from "vitest";
import { queuedPrompts, readClaudeScreen } from "../../../agent/claude/claude-screen.ts";

const EDGE = "─".repeat(40);
const IDLE = "  ⏸ manual mode on · ? for shortcuts";
const BUSY = "  ⏸ manual mode on · esc to interrupt · ← for agents";

function box(inside: string, below = IDLE): string {
  return ["● Done.", "", EDGE, `❯\u00a0${inside}`, EDGE, below].join("\n");
}

/** A box that is too low for what it holds, with words in its borders. */
function cut(inside: string, above: string, below: string): string {
  const edge = (words: string): string => (words === "─" ? EDGE : `─── ${words} ${EDGE}`);
  return ["● Done.", "", edge(above), inside, edge(below), IDLE].join("\n");
}

test.each([
  ["an empty box", box(""), { state: "ready", busy: false }],
  ["an empty box while it works", box("", BUSY), { state: "ready", busy: true }],
  ["a draft", box("half a thought"), { state: "draft", text: "half a thought", whole: true }],
  ["a draft of lines", box("one\n  two"), { state: "draft", text: "one\ntwo", whole: true }],
  [
    "a command for a shell",
    `${EDGE}\n! ls\n${EDGE}\n  ! for shell mode`,
    { state: "draft", text: "! ls", whole: true },
  ],
  ["a box that takes one", `${EDGE}\n!\n${EDGE}\n  ! for shell mode`, { state: "draft", text: "!", whole: true }],
  ["the end of a long draft", cut("  of it", "↑ 5 more", "─"), { state: "draft", text: "of it", whole: false }],
  [
    "the same, its faint words hidden",
    cut("  of it", "        ", "─"),
    { state: "draft", text: "of it", whole: false },
  ],
  ["its start", cut("❯\u00a0the start", "─", "↓ 5 more"), { state: "draft", text: "the start", whole: false }],
  ["the hint on queued prompts", box("Press up to edit queued messages", BUSY), { state: "ready", busy: true }],
  ["the hint of a fresh session", box('Try "fix the tests"'), { state: "ready", busy: false }],
  ["numbers in the conversation", `❯ 1. first\n  2. second\n${box("")}`, { state: "ready", busy: false }],
  ["a menu of commands under the box", `${box("/mo")}\n❯ 1. /model`, { state: "dialog" }],
  [
    "a permission",
    `● Bash(ls)\n${EDGE}\n Bash command\n Do you want to proceed?\n ❯ 1. Yes\n   2. No`,
    { state: "dialog" },
  ],
  [
    "a question between borders",
    `${EDGE}\nWhich?\n❯ 1. Blue\n  2. Red\n${EDGE}\n  3. Chat about this\nEnter to select · Esc to cancel`,
    { state: "dialog" },
  ],
  ["a shell", "$ ls\na b c\n$ ", { state: "unknown" }],
  ["nothing", "", { state: "unknown" }],
])("%s is read as what it is", (_, screen, expected) => {
  expect(readClaudeScreen(screen)).toEqual(expected);
});

/** What was typed while Claude works, as it shows it. */
function queued(...lines: string[]): string {
  return ["❯ ask me", "", ...lines, "  ⎿  Queued · ctrl+x ctrl+s to send now", "", "✶ Herding…", box("", BUSY)].join(
    "\n",
  );
}

test.each([
  ["one command", queued("❯ /back   "), ["/back"]],
  ["two prompts", queued("❯ hello", "❯ /back"), ["hello", "/back"]],
  ["one of two lines", queued("❯ hello", "  there", "❯ /back"), ["hello\nthere", "/back"]],
  ["nothing", box("", BUSY), []],
  ["a prompt that runs", `❯ /back\n\n✶ Herding…\n${box("", BUSY)}`, []],
])("%s waits in Claude for the end of its turn", (_, screen, expected) => {
  expect(queuedPrompts(screen)).toEqual(expected);
});
