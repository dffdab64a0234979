import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { Phone } from "./support/phone.ts";
import { says } from "./support/model-messages.ts";

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
