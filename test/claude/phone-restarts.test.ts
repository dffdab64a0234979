import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";

test("the agent is killed while a permission is open: the press waits for it, and there is no second card", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(bash("touch made"), bash("touch more"), says("Made."));
  system.reply(message, "make it");
  const card = await system.botMessage("touch made");
  await claude.shows("Do you want");

  await system.killAgent(MACHINE);
  system.press(card, "Allow");
  await system.startAgent(MACHINE);
  const next = await system.botMessage("touch more");
  expect(existsSync(join(lab.project, "made"))).toBe(true);

  // And once more, the other way round: pressed when the agent is back.
  await system.killAgent(MACHINE);
  await system.startAgent(MACHINE);
  system.press(next, "Allow");
  await claude.shows("Made.");
  expect(phone.messages("run Bash?")).toHaveLength(2);
  await phone.session();
});

test("the router is killed while a permission is open: the press works as soon as it is back", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(bash("touch made"), says("Made."));
  system.reply(message, "make it");
  const card = await system.botMessage("touch made");
  await claude.shows("Do you want");
  await system.router.kill();
  system.press(card, "Allow");
  await system.router.restart();
  await claude.shows("Made.");
  expect(phone.messages("run Bash?")).toHaveLength(1);
});
