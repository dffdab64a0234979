import { expect, test } from "vitest";
import { says } from "./support/model-messages.ts";
import { Phone } from "./support/phone.ts";

test("after /clear, and after /resume back, a reply to a message of each age reaches the session in that terminal", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id: first, message: ofFirst } = await phone.begin();
  await phone.prompts(ofFirst, "alpha");
  await claude.rests();

  await claude.enters("/clear");
  const second = await phone.session(first);
  const ofSecond = await phone.messageOf(second);
  await phone.prompts(ofFirst, "beta");
  await phone.prompts(ofSecond, "gamma");
  await claude.rests();

  await claude.enters(`/resume ${first}`);
  expect(await phone.session(second)).toBe(first);
  await claude.shows("alpha");
  await phone.prompts(ofFirst, "delta");
  await phone.prompts(ofSecond, "epsilon");
  await phone.prompts(await phone.messageOf(first, "back again"), "zeta");
  await claude.rests();
  const screen = await claude.screen();
  expect(screen.match(/❯ (?:alpha|beta|gamma|delta|epsilon|zeta)/g)).toEqual([
    "❯ alpha",
    "❯ delta",
    "❯ epsilon",
    "❯ zeta",
  ]);
});

test("a fork goes on in the same terminal, also for replies to messages from before it", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id, message } = await phone.begin();
  await phone.prompts(message, "alpha");
  await claude.rests();
  await claude.enters("/branch");
  const fork = await phone.session(id);
  await phone.prompts(message, "beta");
  await phone.prompts(await phone.messageOf(fork), "gamma");
  await claude.shows("❯ gamma");
});

test("what waits goes along: a prompt that was held before /clear is typed into what comes after it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, id, message } = await phone.begin();
  await claude.types("/clear");
  await claude.shows("❯\u00a0/clear");
  const update = system.reply(message, "still to come");
  await system.waitFor("it to be held", () => system.reactionsTo(update).includes("🤔"));
  lab.api.plan(says("Come."));
  await claude.presses("Enter");
  await phone.session(id);
  await claude.shows("Come.");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
});
