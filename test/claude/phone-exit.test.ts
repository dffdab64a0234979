import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StoredMessage } from "../../agent/demo/telegram/message.ts";
import { OWNER } from "../whole/system.ts";
import { bash, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";

/** Presses Exit on a new message of that session. Resolves with the question that comes. */
async function asksToExit(phone: Phone, id: string, text: string): Promise<StoredMessage> {
  const before = phone.messages("End Claude Code in").length;
  phone.system.press(await phone.messageOf(id, text, ["--button", "Exit=exit"]), "Exit");
  return await phone.system.waitFor("the question", () => phone.messages("End Claude Code in")[before]);
}

test("Exit is refused with the remedy, until the machine allows it", async () => {
  const phone = await Phone.open();
  const { claude, id } = await phone.begin();
  phone.system.press(await phone.messageOf(id, "with a button", ["--button", "Exit=exit"]), "Exit");
  await phone.system.botMessage('set "allowExit" to true in its claude.json');
  expect(phone.messages("End Claude Code")).toEqual([]);
  expect(await claude.screen()).toContain("for shortcuts");
});

test("Exit asks once more: kept running, nothing is typed; ended, also by an agent that was started since", async () => {
  const phone = await Phone.open();
  const { system } = phone;
  phone.allow({ allowExit: true });
  const { claude, id } = await phone.begin();
  const first = await asksToExit(phone, id, "one");
  expect(first.text).toMatch(/^❓ devbox · project.*: end it\?\nEnd Claude Code in project.*\?$/);
  const end = phone.callbackData(first, "End it");
  system.press(first, "Keep it running");
  await system.waitFor("the card to say so", () =>
    phone.buttons(first).some((one) => one.includes("✓ Keep it running")),
  );
  const late = system.telegram.press({
    chatId: OWNER,
    userId: OWNER,
    messageId: first.message_id,
    data: end,
    forged: true,
  });
  expect(await system.waitFor("a toast", () => phone.toast(late))).toBe("too late: it is answered already");

  const second = await asksToExit(phone, id, "two");
  expect(await claude.screen()).toContain("for shortcuts");
  await system.killAgent(MACHINE);
  await system.startAgent(MACHINE);
  system.press(second, "End it");
  await claude.ends();
  await system.waitFor("the card to say so", () => phone.buttons(second).some((one) => one.includes("✓ End it")));
});

test("what ends Claude waits while a dialog is open, and runs nothing", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  phone.allow({ allowExit: true });
  const { claude, id, message } = await phone.begin();
  lab.api.plan(bash("touch made"), says("Then not."));
  system.reply(message, "make it");
  await system.botMessage("touch made");
  await claude.shows("Do you want");
  system.press(await asksToExit(phone, id, "now"), "End it");
  await system.waitFor("it to be held", () => system.machine(MACHINE).agentLog().includes("held: text"));
  await claude.presses("Escape");
  await claude.ends();
  expect(existsSync(join(lab.project, "made"))).toBe(false);
});
