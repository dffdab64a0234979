import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RecordedTerminal } from "../../agent/demo/recorded-terminal.ts";
import { expectEveryText } from "./support/every-text.ts";
import { bash, lastTexts, lastToolResults, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";
import { beginInNvim, KINDS, WITHOUT_COLOURS } from "./support/phone-terminals.ts";
import { asks, COLOUR } from "./support/questions.ts";
import { shown } from "./support/shown.ts";
import { until } from "./support/until.ts";

test.each(KINDS)(
  "in %s, every text from the phone becomes a prompt as it was written, once, and is answered",
  async (_, start) => {
    const phone = await Phone.open();
    phone.allow({ alwaysNotify: true });
    await start(phone);
    await expectEveryText(phone, await phone.messageOf(await phone.session()));
  },
);

test.each(KINDS)("in %s, /screen shows the terminal, /esc interrupts, /key presses", async (_, start) => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  await start(phone);
  const message = await phone.messageOf(await phone.session());
  const slow = lab.api.hold(says("Too late."));
  await phone.prompts(message, "think hard");
  await slow.asked;
  await phone.prompts(message, "/screen");
  const screen = await system.botMessage("❯ think hard");
  expect(screen.text?.split("\n").length).toBeLessThanOrEqual(42);
  // What was interrupted comes back into the box: it is ours, and does not stand in the way.
  lab.api.plan(bash("touch made"));
  system.reply(message, "/esc");
  await phone.prompts(message, "make it");
  slow.release();
  await system.botMessage("touch made");
  lab.api.plan(says("Then not."));
  await phone.prompts(message, "/key escape");
  await phone.prompts(message, "and now?");
  await until("it is read", () => lab.api.requests.flatMap(lastTexts).includes("and now?"));
  expect(lab.api.requests.flatMap(lastTexts)).toContain("make it");
});

test.each(KINDS)(
  "in %s, a permission is allowed from the phone; Continue, pressed while one is open, runs nothing; a yes there closes it",
  async (_, start) => {
    const phone = await Phone.open();
    const { lab, system } = phone;
    await start(phone);
    const id = await phone.session();
    const buttons = await phone.messageOf(id, "with a button", ["--button", "Continue=continue"]);
    lab.api.plan(bash("touch one"), bash("touch two"), says("Made both."), says("Going on."));
    await phone.prompts(buttons, "make them");
    system.press(await system.botMessage("touch one"), "Allow");
    const second = await system.botMessage("touch two");
    expect(existsSync(join(lab.project, "one"))).toBe(true);
    system.press(buttons, "Continue");
    await system.waitFor("it to be held", () => system.machine(MACHINE).agentLog().includes("held: action"));
    expect(existsSync(join(lab.project, "two"))).toBe(false);
    // As the key does at the terminal. A dialog that has just opened may not listen yet.
    await system.waitFor("the dialog to be answered", async () => {
      await phone.prompts(buttons, "/key enter");
      return existsSync(join(lab.project, "two"));
    });
    await system.waitFor("the card to be closed", () =>
      phone.buttons(second).some((label) => label.includes("answered at the terminal")),
    );
    await until("Continue is read", () => lab.api.requests.flatMap(lastTexts).includes("continue"));
  },
);

test.each(KINDS)("in %s, /back that is queued in Claude brings a question to the terminal", async (_, start) => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  await start(phone);
  const message = await phone.messageOf(await phone.session());
  await phone.prompts(message, "/away");
  // From the phone it is typed only where it is not ours.
  rmSync(join(lab.home, ".claude/commands/back.md"));
  const question = lab.api.hold(asks(COLOUR));
  lab.api.plan(says("Understood."));
  await phone.prompts(message, "ask me");
  await question.asked;
  await phone.prompts(message, "/back");
  question.release();
  const card = await system.botMessage("Which colour?");
  await system.waitFor("the dialog", async () => {
    await phone.prompts(message, "/screen");
    return phone.messages("Enter to select").length > 0;
  });
  system.press(card, "Blue");
  await until("the answer is read", () =>
    lab.api.requests.flatMap(lastToolResults).some(({ text }) => text.includes('"Which colour?"="Blue"')),
  );
  expect(phone.messages("• Blue")).toHaveLength(1);
});

test.each([...KINDS, WITHOUT_COLOURS])(
  "in %s, what Claude suggests in its empty box is no draft, and is never submitted",
  async (_, start) => {
    const phone = await Phone.open();
    const { lab, system } = phone;
    // The suggestion is asked of the model too.
    lab.api.otherwise(says("deploy it"));
    await start(phone, { CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: "1" });
    const message = await phone.messageOf(await phone.session());
    let turns = 0;
    const isSuggested = async (): Promise<boolean> => {
      await phone.prompts(message, "/screen");
      return phone.messages("deploy it").some(({ text = "" }) => /❯\sdeploy it/.test(text));
    };
    // It does not suggest something after every turn.
    await system.waitFor(
      "a suggestion",
      async () => {
        await phone.prompts(message, `turn ${++turns}`);
        for (let looks = 0; looks < 5; looks += 1) if (await isSuggested()) return true;
        return false;
      },
      60_000,
    );
    await phone.prompts(message, "three");
    await until("it is read", () => lab.api.requests.flatMap(lastTexts).includes("three"));
    expect(lab.api.requests.flatMap(lastTexts)).not.toContain("deploy it");
  },
);

test("a session whose nvim waited for a key when it began is found there by the replies to it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { pane } = await beginInNvim(phone);
  // It waits for the name of a mark.
  await pane.types("m");
  const message = await phone.messageOf(await phone.session());
  const status = async (): Promise<string> => (await system.machine(MACHINE).command("status")).stdout;
  await system.waitFor("it is in no terminal", async () => (await status()).includes("in no terminal"));
  await pane.types("a");
  lab.api.otherwise(says("Understood."));
  await system.waitFor("a reply to be read", async () => {
    const update = system.reply(message, "hello");
    const isReceipt = (sign: string): boolean => sign === "👌" || sign === "👎";
    return (await system.waitFor("its receipt", () => system.reactionsTo(update).find(isReceipt))) === "👌";
  });
});

test("a session that sits in no terminal can be asked and answers, and a reply gets one sentence", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = new RecordedTerminal({
    file: "/usr/bin/env",
    args: ["-C", lab.project, lab.program, "--permission-mode", "default"],
    environment: lab.env,
    size: { columns: 100, rows: 40 },
  });
  onTestFinished(() => void claude.end("SIGKILL"));
  await until("its box", async () => (await shown(claude)).includes("for shortcuts"));
  const message = await phone.messageOf(await phone.session());
  const update = system.reply(message, "hello");
  await system.waitFor("the refusal", () => system.reactionsTo(update).includes("👎"));
  await system.botMessage("start it in tmux, in nvim's :terminal, or with `ccr-agent run -- claude`");

  lab.api.plan(bash("touch made"), says("Made."));
  await claude.write("go");
  await until("it stands there", async () => (await shown(claude)).includes("❯\u00a0go"));
  await claude.write("\r");
  system.press(await system.botMessage("touch made"), "Allow");
  await until("it went on", async () => (await shown(claude)).includes("Made."));
  expect(lab.api.requests.flatMap(lastTexts).join()).not.toContain("hello");
});
