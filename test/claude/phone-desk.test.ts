import { expect, test } from "vitest";
import { bash, refuses, says, uses } from "./support/model-messages.ts";
import { Phone } from "./support/phone.ts";

test("a turn that was typed at the terminal ends without a message; a permission of it comes after 15 s", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  await claude.enters("/notify-telegram");
  await claude.shows("sent to Telegram from now on");
  lab.api.plan(says("Only for the desk."), bash("touch made"), says("Made."), says("For the phone."));
  await claude.enters("hello");
  await claude.shows("Only for the desk.");

  await claude.enters("make it");
  await claude.shows("Do you want");
  const asked = Date.now();
  const card = await system.botMessage("touch made");
  expect(Date.now() - asked).toBeGreaterThan(13_000);
  system.press(card, "Allow");
  await claude.shows("Made.");
  await claude.rests();

  // What the phone asked for is told to it; only that.
  await phone.prompts(message, "and now?");
  await system.botMessage("For the phone.");
  expect([...phone.messages("Only for the desk."), ...phone.messages("Made.")]).toEqual([]);
});

test("a turn that fails is one message, and a subagent none", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  await claude.enters("/notify-telegram");
  await claude.shows("sent to Telegram from now on");
  lab.api.otherwise(refuses(400, "invalid_request_error", "no such thing"));
  await phone.prompts(message, "fail");
  const failed = await system.botMessage("no such thing");
  expect(failed.text).toMatch(/^⚠️ devbox · .*: the turn failed\n/);
  expect(phone.buttons(failed)).toEqual(["Continue", "Screen"]);

  const prompt = "Say that you are a subagent.";
  lab.api.inConversation(prompt, says("I am a subagent."));
  lab.api.plan(
    uses("Agent", { description: "Ask one", prompt, subagent_type: "general-purpose" }),
    says("It was asked."),
  );
  // The end of a task in the background begins a turn of its own.
  lab.api.otherwise(says("It has answered."));
  await phone.prompts(message, "delegate");
  await system.botMessage("It has answered.");
  expect(phone.messages("I am a subagent.")).toEqual([]);
  expect(phone.messages("It was asked.")).toHaveLength(1);
  expect(phone.messages("no such thing")).toHaveLength(1);
});

test("`claude -p` stays silent: no session, no message", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  lab.api.plan(says("Printed."));
  expect(await lab.print("say it")).toBe("Printed.\n");
  const { stdout } = await system.machine("devbox").command("status");
  expect(stdout).not.toContain("claude");
  expect(phone.messages("Printed.")).toEqual([]);
});

test("/notify-telegram names the session, and off ends it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, id, message } = await phone.begin();
  await claude.enters("/notify-telegram backend");
  await claude.shows('as "backend"');
  expect((await phone.messageOf(id, "renamed")).text).toMatch(/^\S+ devbox · backend\n/);
  lab.api.plan(says("Heard."), says("Not heard."));
  await phone.prompts(message, "one");
  await system.botMessage("Heard.");
  await claude.enters("/notify-telegram off");
  await claude.shows("no longer sent to Telegram");
  await phone.prompts(message, "two");
  await claude.shows("Not heard.");
  // Whatever was sent stands before this one.
  await phone.messageOf(id, "the last");
  expect(phone.messages("Not heard.")).toEqual([]);
});
