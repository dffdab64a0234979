import { expect, test } from "vitest";
import { lastToolResults, says } from "./support/model-messages.ts";
import { Phone } from "./support/phone.ts";
import { asks, COLOUR, showsPlan, SIZES } from "./support/questions.ts";

test("two questions come in turn: one choice by its button, then several and Done", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(asks(COLOUR, SIZES), says("Understood."));
  system.reply(message, "ask me");

  const colour = await system.botMessage("Which colour? (1 of 2)");
  expect(colour.text).toMatch(/^❓ devbox · \S+.*: Colour\n/);
  expect(phone.buttons(colour)).toEqual(["Blue", "Red"]);
  await claude.shows("Which colour?");
  system.press(colour, "Blue");
  const sizes = await system.botMessage("Which sizes? (2 of 2)");
  expect(phone.buttons(sizes)).toEqual(["S", "M", "L"]);
  system.press(sizes, "S");
  const more = await system.botMessage("Chosen: S. More?");
  expect(phone.buttons(more)).toEqual(["M", "L", "Done"]);
  system.press(more, "L");
  const most = await system.botMessage("Chosen: S, L. More?");
  system.press(most, "Done");

  await claude.shows("Understood.");
  const [result] = lab.api.requests.flatMap(lastToolResults);
  expect(result?.text).toContain('"Which colour?"="Blue", "Which sizes?"="S, L"');
});

test("a question is answered in one's own words by a reply", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(asks(COLOUR), says("Understood."));
  system.reply(message, "ask me");
  await phone.prompts(await system.botMessage("Which colour?"), "something like turquoise");
  await claude.shows("Understood.");
  expect(lab.api.requests.flatMap(lastToolResults)[0]?.text).toContain('"Which colour?"="something like turquoise"');
});

test("a question that is answered at the terminal closes its card", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(asks(COLOUR));
  // The turn goes on: it is not its end that closes the card.
  const next = lab.api.hold(says("Understood."));
  system.reply(message, "ask me");
  const card = await system.botMessage("Which colour?");
  await claude.confirms("Enter to select");
  await system.waitFor("the card to be closed", () =>
    phone.buttons(card).some((label) => label.includes("answered at the terminal")),
  );
  next.release();
  await claude.shows("Understood.");
});

test("a plan is shown whole and approved", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  await showsPlan(phone, "# Plan\n1. Do it\n", { later: [says("Going on.")] });
  const card = await system.botMessage("Do it");
  expect(card.text).toContain("go on with this plan?");
  system.press(card, "Approve");
  await system.waitFor("the plan to be approved", () =>
    lab.api.requests.flatMap(lastToolResults).some(({ text }) => text.includes("approved")),
  );
});

test("a plan is rejected with a reason by a reply, which the model reads", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  await showsPlan(phone, "# Plan\n1. Do it\n", { later: [says("Then another one.")] });
  await phone.prompts(await system.botMessage("Do it"), "test it first");
  await system.waitFor("the reason to be read", () =>
    lab.api.requests.flatMap(lastToolResults).some(({ text }) => text.includes("The user said no: test it first")),
  );
});
