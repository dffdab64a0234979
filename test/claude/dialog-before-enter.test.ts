import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readClaudeScreen } from "../../agent/claude/claude-screen.ts";
import { type BareTerminal, ClaudeTerminal } from "../../agent/claude/claude-terminal.ts";
import { processStart } from "../../agent/session/process.ts";
import type { Terminal } from "../../agent/terminal/terminal.ts";
import { CLAUDE_IN, inTmux } from "./support/claude-terminals.ts";
import { Lab } from "./support/lab.ts";
import { type Answer, bash, lastTexts, lastToolResults, says } from "./support/model-messages.ts";
import { asks, COLOUR } from "./support/questions.ts";
import { until } from "./support/until.ts";

type Moment = "before the text" | "behind the text";

/** A terminal in which something opens when a text was already on its way. */
function opening(terminal: Terminal, moment: Moment, open: () => Promise<void>): BareTerminal {
  return {
    key: (name) => terminal.key(name),
    screen: (faint) => terminal.screen(faint),
    ...("showsFaint" in terminal ? { showsFaint: true } : {}),
    type: async (text, kind, beforeEnter) => {
      if (moment === "before the text") await open();
      return await terminal.type(text, kind, async () => {
        if (moment === "behind the text") await open();
        return await beforeEnter?.();
      });
    },
  };
}

/** Claude at work, and what its next answer opens when a text was already on its way. */
async function atWork(start: (lab: Lab) => Promise<{ terminal: Terminal }>, moment: Moment, answer: Answer) {
  const lab = await Lab.open();
  const { terminal } = await start(lab);
  const state = async (): Promise<string> => {
    const screen = await terminal.screen("hidden");
    return screen.status === "screen" ? readClaudeScreen(screen.text).state : screen.reason;
  };
  const held = lab.api.hold(answer);
  await terminal.type("go", "text");
  await held.asked;
  let isOpened = false;
  const open = async (): Promise<void> => {
    if (isOpened) return;
    isOpened = true;
    held.release();
    await until("the dialog is there", async () => (await state()) === "dialog");
  };
  return { lab, terminal, claude: await claudeAt(lab, opening(terminal, moment, open)), state };
}

/** What types into Claude, where the screen alone tells of dialogs. */
async function claudeAt(lab: Lab, terminal: BareTerminal): Promise<ClaudeTerminal> {
  const { parentPid: pid } = await lab.hooks.saw("SessionStart");
  const claude = new ClaudeTerminal(terminal, {
    pid,
    processStart: processStart(pid) ?? "",
    asks: () => false,
    permissions: () => ({ shell: true, exit: false }),
    confirmExit: () => {},
    keep: () => "",
  });
  lab.hooks.answer("UserPromptSubmit", ({ input }) => void claude.submitted(String(input["prompt"])));
  return claude;
}

test.each(
  CLAUDE_IN.flatMap(([where, start]) => [
    [where, "before the text", start] as const,
    [where, "behind the text", start] as const,
  ]),
)("%s, a permission that opens %s is not given by its Enter, and the text is sent once", async (_, moment, start) => {
  const { lab, terminal, claude, state } = await atWork(start, moment, bash("touch made"));
  expect(await claude.type("put in later", "text")).toMatchObject({ status: "held" });
  expect(await state()).toBe("dialog");
  await terminal.key("escape");
  await until("it is answered", async () => (await state()) !== "dialog");
  lab.api.plan(says("Understood."));
  expect(await claude.type("put in later", "text")).toEqual({ status: "accepted" });
  await lab.hooks.saw("Stop");
  expect(existsSync(join(lab.project, "made"))).toBe(false);
  expect(lab.api.requests.flatMap(lastTexts).filter((text) => text.includes("put in later"))).toEqual(["put in later"]);
});

test.each(["before the text", "behind the text"] as const)(
  "a question that opens %s is not answered by it, and the text is sent once",
  async (moment) => {
    const [[, start]] = CLAUDE_IN;
    const { lab, terminal, claude, state } = await atWork(start, moment, asks(COLOUR));
    expect(await claude.type("put in later", "text")).toMatchObject({ status: "held" });
    lab.api.plan(says("Understood."));
    await terminal.key("escape");
    await until("it is answered", async () => (await state()) !== "dialog");
    expect(await claude.type("put in later", "text")).toEqual({ status: "accepted" });
    await lab.hooks.saw("Stop");
    expect(lab.api.requests.flatMap(lastToolResults).filter(({ text }) => text.includes("put in later"))).toEqual([]);
    expect(lab.api.requests.flatMap(lastTexts).filter((text) => text.includes("put in later"))).toEqual([
      "put in later",
    ]);
  },
);

test("a text that a low box shows a part of gets its Enter", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("Understood."));
  const { claude: pane, terminal } = await inTmux(lab);
  await pane.tmux.run(["resize-window", "-t", pane.id, "-y", "12"]);
  const text = "word ".repeat(150).trim();
  const seen: string[] = [];
  const low: BareTerminal = {
    key: (name) => terminal.key(name),
    screen: (faint) => terminal.screen(faint),
    type: async (words, kind, beforeEnter) =>
      await terminal.type(words, kind, async () => {
        seen.push(await pane.screen());
        return await beforeEnter?.();
      }),
  };
  const claude = await claudeAt(lab, low);
  // While it draws itself anew there is no box.
  await until("it is accepted", async () => (await claude.type(text, "text")).status === "accepted");
  expect(seen.join()).toMatch(/─── ↑ \d+ more ───/);
});
