import { expect, test } from "vitest";
import * as v from "valibot";
import { readClaudeScreen } from "../../agent/claude/claude-screen.ts";
import { forBox, isSamePrompt, unwrapPaste } from "../../agent/claude/prompt-text.ts";
import type { Terminal } from "../../agent/terminal/terminal.ts";
import { CLAUDE_IN, inTmux } from "./support/claude-terminals.ts";
import { Lab } from "./support/lab.ts";
import { says } from "./support/model-messages.ts";
import { TEXTS } from "./support/texts.ts";
import { until } from "./support/until.ts";

const LINES = Array.from({ length: 12 }, (_, index) => `line ${index}\twith a tab`).join("\n");

/** Types every text and expects each as a prompt, once, in order. */
async function typesAll(lab: Lab, terminal: Terminal): Promise<void> {
  lab.api.otherwise(says("Understood."));
  for (const [name, text] of [...TEXTS, ["twelve lines with tabs", LINES] as const]) {
    const before = lab.hooks.of("Stop").length;
    expect(await terminal.type(forBox(text), "text")).toEqual({ status: "typed" });
    await until(`the turn of "${name}" ended`, () => lab.hooks.of("Stop").length === before + 1);
  }
  const prompts = lab.hooks.of("UserPromptSubmit").map(({ input }) => v.parse(v.string(), input["prompt"]));
  const wanted = [...TEXTS.map(([, text]) => text), LINES];
  expect(prompts).toHaveLength(wanted.length);
  expect(prompts.filter((prompt, index) => !isSamePrompt(wanted[index] ?? "", prompt))).toEqual([]);
  // Without tabs, byte for byte; around a wrapped paste Claude Code puts blank lines.
  expect(prompts.slice(0, -1).map((prompt) => unwrapPaste(prompt).trim())).toEqual(TEXTS.map(([, text]) => text));
}

test.each(CLAUDE_IN)("%s, every text becomes a prompt as it was written, once", async (_, start) => {
  const lab = await Lab.open();
  const { terminal } = await start(lab);
  await typesAll(lab, terminal);
});

test("a text right behind Escape arrives whole", async () => {
  const lab = await Lab.open();
  lab.api.plan(says("Understood."));
  const { claude, terminal } = await inTmux(lab);
  const done = await Promise.all([terminal.key("escape"), terminal.type("hello", "text")]);
  expect(done).toEqual([{ status: "typed" }, { status: "typed" }]);
  await claude.shows("Understood.");
  expect(lab.hooks.of("UserPromptSubmit").map(({ input }) => input["prompt"])).toEqual(["hello"]);
});

test("Escape before the first word of an answer puts the prompt back into the box, where it is seen as a draft", async () => {
  const lab = await Lab.open();
  const slow = lab.api.hold(says("Too late."));
  const { claude, terminal } = await inTmux(lab);
  await terminal.type("think hard", "text");
  await slow.asked;
  await terminal.key("escape");
  await until("it stands there as a draft", async () => {
    const read = readClaudeScreen((await claude.screen()).trimEnd());
    return read.state === "draft" && read.text === "think hard";
  });
  slow.release();
  expect(lab.hooks.of("Stop")).toEqual([]);
});
