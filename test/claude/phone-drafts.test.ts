import { expect, test } from "vitest";
import { lastTexts, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";
import { type Desk, KINDS, WITHOUT_COLOURS } from "./support/phone-terminals.ts";
import { until } from "./support/until.ts";

const EVERYWHERE = [...KINDS, WITHOUT_COLOURS];

async function shows(desk: Desk, wanted: RegExp): Promise<void> {
  await until(`the screen shows ${String(wanted)}`, async () => wanted.test(await desk.screen()));
}

test.each(EVERYWHERE)(
  "in %s, an unsent draft survives: the reply is held, told, and typed when the draft is gone",
  async (_, start) => {
    const phone = await Phone.open();
    const { lab, system } = phone;
    const desk = await start(phone);
    const message = await phone.messageOf(await phone.session());
    lab.api.plan(says("Draft read."), says("Reply read."));
    await desk.types("half a thought");
    await shows(desk, /❯\shalf a thought/);
    const update = system.reply(message, "from the phone");
    await system.waitFor("it to be held", () => system.reactionsTo(update).includes("🤔"));
    expect(system.machine(MACHINE).agentLog()).toContain("an unsent draft stands in its box");
    await desk.types(", and the rest");
    await shows(desk, /❯\shalf a thought, and the rest/);
    await desk.enter();
    await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
    await until("both are read", () => lab.api.requests.length === 2);
    const prompts = lab.api.requests.flatMap(lastTexts).filter((text) => !text.startsWith("<system-reminder>"));
    expect(prompts).toEqual(["half a thought, and the rest", "from the phone"]);
  },
);

test.each(EVERYWHERE)(
  "in %s, prompts are queued in Claude while it is busy: taken at once, and run in order when the turn ends",
  async (_, start) => {
    const phone = await Phone.open();
    const { lab } = phone;
    const desk = await start(phone);
    const message = await phone.messageOf(await phone.session());
    const slow = lab.api.hold(says("First done."));
    lab.api.otherwise(says("Done too."));
    await phone.prompts(message, "the first");
    await slow.asked;
    await phone.prompts(message, "the second");
    await phone.prompts(message, "the third");
    await shows(desk, /❯ the second\s+❯ the third\s+⎿\s+Queued/);

    slow.release();
    await shows(desk, /Done too\./);
    const prompts = (lab.api.requests.at(-1)?.messages ?? []).map((one) => JSON.stringify(one)).join("\n");
    expect(prompts.match(/the (?:second|third)/g)).toEqual(["the second", "the third"]);
  },
);
