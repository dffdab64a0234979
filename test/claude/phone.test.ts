import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MACHINE, Phone } from "./support/phone.ts";
import { says, uses } from "./support/model-messages.ts";
import { shown } from "./support/shown.ts";

const BASH = (command: string): ReturnType<typeof uses> => uses("Bash", { command, description: "Make a file" });

test("a session appears by itself; a reply becomes its prompt, is proved, and the answer comes back", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await lab.start();
  const id = await phone.session();
  lab.api.plan(says("Made. Shall I go on?"));
  await claude.enters("/notify-telegram api");
  await claude.shows("sent to Telegram from now on");

  const message = await phone.messageOf(id);
  expect(message.text).toContain("devbox · api");
  const update = system.reply(message, "make it");
  await claude.shows("Made. Shall I go on?");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
  const answer = await system.botMessage("Made. Shall I go on?");
  expect(answer.text).toMatch(/^❓ devbox · api\n/);
  const buttons = answer.reply_markup?.inline_keyboard.flat().map(({ text }) => text);
  expect(buttons).toEqual(["Yes", "No", "Continue", "Screen"]);
});

test("a permission is asked on the phone beside its dialog, and allowed from there", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await lab.start();
  const message = await phone.messageOf(await phone.session());
  lab.api.plan(BASH("touch made"), says("Made."));
  system.reply(message, "make it");
  const card = await system.botMessage("touch made");
  expect(card.text).toMatch(/run Bash\?\n/);
  await claude.shows("Do you want");
  system.press(card, "Allow");
  await claude.shows("Made.");
  expect(existsSync(join(lab.project, "made"))).toBe(true);
  await system.waitFor("the card to say so", () => JSON.stringify(system.now(card)?.reply_markup).includes("✓ Allow"));
});

test("a permission that is answered at the terminal closes its card; a late press says so, and a reply waits for the box", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await lab.start();
  const message = await phone.messageOf(await phone.session());
  const last = lab.api;
  last.plan(BASH("touch made"));
  system.reply(message, "make it");
  const card = await system.botMessage("touch made");
  await claude.shows("Do you want");

  // Text and Enter now would approve the dialog: it is held back.
  const held = system.reply(message, "something else");
  await system.waitFor("it to be held", () => system.reactionsTo(held).includes("🤔"));
  expect(existsSync(join(lab.project, "made"))).toBe(false);

  last.plan(says("Made."), says("Something else done."));
  await claude.confirms("Do you want");
  await claude.shows("Made.");
  await system.waitFor("the card to be closed", () =>
    JSON.stringify(system.now(card)?.reply_markup).includes("answered at the terminal"),
  );
  await claude.shows("Something else done.");
  await system.waitFor("the receipt", () => system.reactionsTo(held).includes("👌"));
});

test("after /clear a reply to an old message reaches the new session in the same terminal", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await lab.start();
  const before = await phone.session();
  const message = await phone.messageOf(before);
  await claude.enters("/clear");
  const after = await phone.session(before);
  expect(after).not.toBe(before);
  lab.api.plan(says("Still here."));
  const update = system.reply(message, "are you there?");
  await claude.shows("Still here.");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
});

test("under `ccr-agent run` the same holds, also for a reply to a message of the run itself", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const pairs = Object.entries(lab.env).map(([name, value]) => `${name}=${value}`);
  const command = ["env", "-C", lab.project, ...pairs, lab.program, "--permission-mode", "default"];
  const terminal = system.run(MACHINE, "here", command, "the-run");
  await system.waitFor("its box", async () => (await shown(terminal)).includes("for shortcuts"));
  const id = await phone.session();
  const message = await phone.messageOf(id);
  lab.api.plan(says("First."), says("Second."));
  const first = system.reply(message, "one");
  await system.waitFor("the first receipt", () => system.reactionsTo(first).includes("👌"));
  const ofRun = await phone.messageOf("the-run");
  const second = system.reply(ofRun, "two");
  await system.waitFor("the second receipt", () => system.reactionsTo(second).includes("👌"));
});
