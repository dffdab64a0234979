import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, lastToolResults, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";
import { asks, COLOUR, SIZES } from "./support/questions.ts";

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

/** Claude asks whether it may make a file, at its terminal and on the phone; then it says that it has. */
async function permissionIsOpen() {
  const phone = await Phone.open();
  const { claude, message } = await phone.begin();
  phone.lab.api.plan(bash("touch made"), says("Made."));
  phone.system.reply(message, "make it");
  const card = await phone.system.botMessage("touch made");
  await claude.shows("Do you want");
  return { phone, claude, card };
}

test("a permission that is answered at the terminal while the agent is down loses its buttons once it is back", async () => {
  const { phone, claude, card } = await permissionIsOpen();
  const { system } = phone;
  await system.killAgent(MACHINE);
  await claude.confirms("Do you want");
  await claude.shows("Made.");
  expect(phone.buttons(card)).toContain("Allow");
  await system.startAgent(MACHINE);
  await system.waitFor("the card to say so", () =>
    phone.buttons(card).some((label) => label.includes("answered at the terminal")),
  );
});

test("the router is killed while a permission is open: the press works as soon as it is back", async () => {
  const { phone, claude, card } = await permissionIsOpen();
  const { system } = phone;
  await system.router.kill();
  system.press(card, "Allow");
  await system.router.restart();
  await claude.shows("Made.");
  expect(phone.messages("run Bash?")).toHaveLength(1);
});

test("the agent is killed in the middle of questions: they go on where they were, and each answer counts", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(asks(COLOUR, SIZES), says("Understood."));
  system.reply(message, "ask me");
  system.press(await system.botMessage("Which colour? (1 of 2)"), "Blue");
  system.press(await system.botMessage("Which sizes? (2 of 2)"), "S");
  const half = await system.botMessage("Chosen: S. More?");

  await system.killAgent(MACHINE);
  await system.startAgent(MACHINE);
  system.press(half, "L");
  const most = await system.botMessage("Chosen: S, L. More?");
  await system.killAgent(MACHINE);
  system.press(most, "Done");
  await system.startAgent(MACHINE);
  await claude.shows("Understood.");
  const [result] = lab.api.requests.flatMap(lastToolResults);
  expect(result?.text).toContain('"Which colour?"="Blue", "Which sizes?"="S, L"');
  expect(phone.messages("Which ")).toHaveLength(4);
});
