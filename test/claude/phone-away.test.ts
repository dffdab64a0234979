import { expect, test } from "vitest";
import { lastTexts, lastToolResults, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";
import { asks, COLOUR, showsPlan, SIZES } from "./support/questions.ts";
import type { Pane } from "./support/tmux-server.ts";

/** The sign of a dialog with questions at the terminal. */
const DIALOG = "Enter to select";

async function goesAway(claude: Pane): Promise<void> {
  await claude.enters("/away");
  await claude.shows("You are away");
}

/** What the model was told of its last use of a tool. */
function lastResult({ lab }: Phone): string | undefined {
  return lab.api.requests.flatMap(lastToolResults).at(-1)?.text;
}

test("away: questions are answered on the phone with no dialog at the terminal, and the end of the turn is sent", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  await goesAway(claude);
  lab.api.plan(asks(COLOUR, SIZES), says("Understood."), says("Heard."));
  // Typed at the terminal: without /away it would be the desk's.
  await claude.enters("ask me");
  const colour = await system.botMessage("Which colour? (1 of 2)");
  await claude.shows("running PreToolUse hook");
  const held = system.reply(message, "something else");
  await system.waitFor("it to be held", () => system.reactionsTo(held).includes("🤔"));
  system.press(colour, "Blue");
  await phone.prompts(await system.botMessage("Which sizes? (2 of 2)"), "one that fits");
  await system.botMessage("Understood.");
  expect(lab.api.requests.flatMap(lastToolResults)[0]?.text).toContain(
    '"Which colour?"="Blue", "Which sizes?"="one that fits"',
  );
  await claude.shows("Heard.");
  expect(await claude.screen()).not.toContain(DIALOG);
  expect(lab.api.requests.flatMap(lastTexts)).toContain("something else");
  expect(phone.messages("Which ")).toHaveLength(2);
});

test("away: a plan is approved from the phone before the terminal asks", async () => {
  const phone = await Phone.open();
  const { system } = phone;
  const claude = await showsPlan(phone, "# Plan\n1. Do it\n", { away: true, later: [says("Going on.")] });
  const card = await system.botMessage("Do it");
  await claude.shows("running PreToolUse hook");
  system.press(card, "Approve");
  await claude.shows("Going on.");
  expect(lastResult(phone)).toContain("approved");
  expect(await claude.screen()).not.toContain("Would you like to proceed?");
});

test("away: a plan is rejected with a reason, which the model reads", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await showsPlan(phone, "# Plan\n1. Do it\n", { away: true, later: [asks(COLOUR)] });
  await phone.prompts(await system.botMessage("Do it"), "ask me first");
  const colour = await system.botMessage("Which colour?");
  expect(lastResult(phone)).toContain("The user said no: ask me first");
  const before = lab.api.requests.length;
  system.press(colour, "Blue");
  lab.api.plan(says("Blue it is."));
  await claude.shows("Blue it is.");
  expect(lab.api.requests.length).toBe(before + 1);
});

test("away: Reject stops Claude, and the model is not asked any more", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const claude = await showsPlan(phone, "# Plan\n1. Do it\n", { away: true, later: [] });
  const card = await system.botMessage("Do it");
  const before = lab.api.requests.length;
  system.press(card, "Reject");
  await claude.shows("The user said no.");
  await claude.rests();
  expect(lab.api.requests.length).toBe(before);
});

test("away: after the limit the terminal asks too, and the same card on the phone still answers", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  phone.allow({ awayMinutes: 0.05 });
  const { claude } = await phone.begin();
  await goesAway(claude);
  lab.api.plan(asks(COLOUR), says("Understood."));
  await claude.enters("ask me");
  const card = await system.botMessage("Which colour?");
  await claude.shows(DIALOG);
  system.press(card, "Red");
  await claude.shows("Understood.");
  expect(lastResult(phone)).toContain('"Which colour?"="Red"');
  expect(phone.messages("Which colour?")).toHaveLength(1);
});

test("/back, typed while a question is held back, brings it to the terminal; answered there, its card says so", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude } = await phone.begin();
  await goesAway(claude);
  lab.api.plan(asks(COLOUR), says("Understood."), asks(SIZES));
  await claude.enters("ask me");
  const card = await system.botMessage("Which colour?");
  await claude.enters("/back");
  await claude.confirms(DIALOG);
  await claude.shows("Understood.");
  await system.waitFor("the card to be closed", () =>
    phone.buttons(card).some((label) => label.includes("answered at the terminal")),
  );
  await claude.shows("You are back");
  // From then on the terminal asks at once.
  await claude.enters("ask me again");
  await claude.shows(DIALOG);
});

test("/back from the phone, while a question is held back, is typed nowhere and brings it to the terminal", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  await goesAway(claude);
  lab.api.plan(asks(COLOUR), says("Understood."));
  await claude.enters("ask me");
  const card = await system.botMessage("Which colour?");
  await phone.prompts(message, "/back");
  await claude.shows(DIALOG);
  system.press(card, "Blue");
  await claude.shows("Understood.");
  expect(phone.messages("You are back")).toHaveLength(1);
  expect(lab.api.requests.flatMap(lastTexts).join()).not.toContain("/back");
});

test("/away from the phone lasts over a restart of the agent and over /clear; a question outlives the agent too", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, id, message } = await phone.begin();
  await phone.prompts(message, "/away");
  await system.botMessage("You are away");
  await system.killAgent(MACHINE);
  await system.startAgent(MACHINE);
  await claude.enters("/clear");
  await phone.session(id);
  lab.api.plan(asks(COLOUR), says("Understood."));
  await claude.enters("ask me");
  const card = await system.botMessage("Which colour?");
  await claude.shows("running PreToolUse hook");
  await system.killAgent(MACHINE);
  system.press(card, "Blue");
  await system.startAgent(MACHINE);
  await claude.shows("Understood.");
  expect(await claude.screen()).not.toContain(DIALOG);
  expect(phone.messages("Which colour?")).toHaveLength(1);
});
