import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MACHINE, Phone } from "./support/phone.ts";
import { says } from "./support/model-messages.ts";

test("while Claude is busy, prompts are queued in it: taken at once, and run in order when the turn ends", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  const { claude, message } = await phone.begin();
  const slow = lab.api.hold(says("First done."));
  lab.api.otherwise(says("Done too."));
  await phone.prompts(message, "the first");
  await slow.asked;
  await phone.prompts(message, "the second");
  await phone.prompts(message, "the third");
  await claude.shows(/❯ the second\s+❯ the third\s+⎿\s+Queued/);

  slow.release();
  await claude.shows("Done too.");
  const prompts = (lab.api.requests.at(-1)?.messages ?? []).map((one) => JSON.stringify(one)).join("\n");
  expect(prompts.match(/the (?:second|third)/g)).toEqual(["the second", "the third"]);
});

test("an unsent draft survives: the reply is held, told, and typed when the draft is gone", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(says("Draft read."), says("Reply read."));
  await claude.types("half a thought");
  await claude.shows("half a thought");
  const update = system.reply(message, "from the phone");
  await system.waitFor("it to be held", () => system.reactionsTo(update).includes("🤔"));
  expect(system.machine(MACHINE).agentLog()).toContain("an unsent draft stands in its box");
  expect(await claude.screen()).toContain("❯\u00a0half a thought");

  await claude.presses("Enter");
  await claude.shows("Draft read.");
  await claude.shows("Reply read.");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
});

test("what would run in a shell or end Claude is refused, until the machine allows it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  for (const text of ["!touch made", "exit", "/ex"]) {
    const update = system.reply(message, text);
    await system.waitFor("the refusal", () => system.reactionsTo(update).includes("👎"));
    await system.botMessage("this machine does not allow it");
  }
  // What the shell printed goes to the model.
  lab.api.otherwise(says("Seen."));
  phone.allow({ allowShell: true, allowExit: true });
  system.reply(message, "!echo from-the-shell");
  await claude.shows(/^\s*⎿\s*from-the-shell/m);
  await claude.shows("Seen.");
  await claude.rests();
  system.reply(message, "exit");
  await claude.shows("Resume this session with");
});

test("a slash command is typed; while its panel hides the box, a reply waits, and /esc closes it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  await phone.prompts(message, "/cost");
  await claude.shows("Estimated cost");
  const update = system.reply(message, "hello");
  await system.waitFor("it to be held", () => system.reactionsTo(update).includes("🤔"));
  lab.api.plan(says("Hello."));
  await phone.prompts(message, "/esc");
  await claude.shows("Hello.");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
});

test("a command of one's own, sent from the phone, begins a turn of the phone: its end is told", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  mkdirSync(join(lab.home, ".claude/commands"), { recursive: true });
  writeFileSync(join(lab.home, ".claude/commands/greet.md"), "Greet $ARGUMENTS.\n");
  const { claude, message } = await phone.begin();
  await claude.enters("/notify-telegram");
  await claude.shows("sent to Telegram from now on");
  lab.api.plan(says("Good morning, Ada."));
  await phone.prompts(message, "/greet Ada");
  await system.botMessage("Good morning, Ada.");
});
