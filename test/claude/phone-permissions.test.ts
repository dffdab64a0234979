import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, lastToolResults, says, uses } from "./support/model-messages.ts";
import { OWNER } from "../whole/system.ts";
import { until } from "./support/until.ts";
import { Phone } from "./support/phone.ts";

/** Each kind of suggestion, and a like call that it covers. */
const ALWAYS = [
  {
    button: /^Always Bash\(npm test.*\) · project$/,
    first: () => bash("npm test"),
    like: () => bash("npm test -- --again"),
  },
  {
    button: /^Always .*outside\/\*\*\) · session$/,
    first: (outside: string) => uses("Read", { file_path: join(outside, "a") }),
    like: (outside: string) => uses("Read", { file_path: join(outside, "b") }),
  },
  {
    button: /^Allow \+ reach .*outside · session$/,
    first: (outside: string) => bash(`touch ${join(outside, "c")}`),
    like: (outside: string) => uses("Read", { file_path: join(outside, "b") }),
  },
] as const;

test.each(ALWAYS)("$button grants what it says: the next like call is not asked for any more", async (always) => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const outside = join(lab.folder, "outside");
  mkdirSync(outside);
  for (const name of ["a", "b"]) writeFileSync(join(outside, name), "hello\n");
  const { claude, message } = await phone.begin();
  lab.api.plan(always.first(outside), always.like(outside), says("Did both."));
  system.reply(message, "go");
  const card = await system.botMessage("❓");
  const label = phone.buttons(card).find((one) => always.button.test(one));
  expect(phone.buttons(card).filter((one) => always.button.test(one))).toHaveLength(1);
  system.press(card, label ?? "");

  await claude.shows("Did both.");
  expect(lab.api.requests.flatMap(lastToolResults)).toHaveLength(2);
  expect(phone.messages("❓")).toHaveLength(1);
});

test("a permission is denied with a reason by a reply, which the model reads; the Deny button stops Claude", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(bash("touch first"), bash("touch second"));
  system.reply(message, "make it");
  const first = await system.botMessage("touch first");
  const reason = system.reply(first, "use another name");
  await system.waitFor("the receipt", () => system.reactionsTo(reason).includes("👌"));

  const second = await system.botMessage("touch second");
  const results = lab.api.requests.flatMap(lastToolResults);
  expect(results).toMatchObject([{ isError: true, text: "The user said no: use another name" }]);
  system.press(second, "Deny");
  await claude.shows("Interrupted");
  await system.waitFor("the card to say so", () => phone.buttons(second).some((label) => label.includes("✓ Deny")));
  expect([existsSync(join(lab.project, "first")), existsSync(join(lab.project, "second"))]).toEqual([false, false]);
});

test("a yes at the terminal closes the card while the tool still runs, and a reply is queued in Claude", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, message } = await phone.begin();
  lab.api.plan(bash("touch begun; while [ ! -e over ]; do sleep 0.1; done; touch made"));
  system.reply(message, "make it");
  const card = await system.botMessage("touch begun");
  await claude.confirms("Do you want");
  await until("it runs", () => existsSync(join(lab.project, "begun")));
  await system.waitFor("the card to be closed", () =>
    phone.buttons(card).some((label) => label.includes("answered at the terminal")),
  );
  await phone.prompts(message, "and then?");
  lab.api.otherwise(says("All done."));
  writeFileSync(join(lab.project, "over"), "");
  await claude.shows("All done.");
  expect(existsSync(join(lab.project, "made"))).toBe(true);
});

test("Continue, pressed while a dialog is open, runs nothing and is typed once it is gone; a late press says so", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, id, message } = await phone.begin();
  const buttons = await phone.messageOf(id, "with a button", ["--button", "Continue=continue"]);
  lab.api.plan(bash("touch made"));
  system.reply(message, "make it");
  const card = await system.botMessage("touch made");
  const allow = phone.callbackData(card, "Allow");
  await claude.shows("Do you want");

  system.press(buttons, "Continue");
  await system.waitFor("it to be held", () => system.machine("devbox").agentLog().includes("held: action"));
  expect(existsSync(join(lab.project, "made"))).toBe(false);

  lab.api.plan(says("Then not."));
  await claude.presses("Escape");
  await system.waitFor("the card to be closed", () =>
    phone.buttons(card).some((label) => label.includes("answered at the terminal")),
  );
  await claude.shows("Then not.");
  expect(await claude.screen()).toContain("❯ continue");
  expect(existsSync(join(lab.project, "made"))).toBe(false);

  const press = system.telegram.press({
    chatId: OWNER,
    userId: OWNER,
    messageId: card.message_id,
    data: allow,
    forged: true,
  });
  const toast = await system.waitFor("a toast", () => phone.toast(press));
  expect(toast).toBe("too late: answered at the terminal");
});
