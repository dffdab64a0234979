import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrapPaste } from "../../agent/claude/prompt-text.ts";
import { bash, flagged, lastTexts, lastToolResults, says } from "./support/model-messages.ts";
import { Phone } from "./support/phone.ts";
import { asks, COLOUR } from "./support/questions.ts";
import { TEXTS } from "./support/texts.ts";
import { until } from "./support/until.ts";

test("in auto mode, prompts arrive as they were written, once, and their answers come back", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  phone.allow({ alwaysNotify: true });
  lab.api.otherwise(says("Understood."));
  const { message } = await phone.begin({ mode: "auto" });
  const texts = TEXTS.map(([, text]) => text.slice(0, 4_096));
  for (const [index, text] of texts.entries()) {
    await phone.prompts(message, text);
    await until(`the model reads ${TEXTS[index]?.[0]}`, () => lab.api.requests.length === index + 1);
  }
  const prompts = lab.api.requests
    .flatMap(lastTexts)
    .filter((text) => !text.startsWith("<system-reminder>"))
    .map((text) => unwrapPaste(text).trim());
  expect(prompts).toEqual(texts);
  await system.waitFor("each answer", () => phone.messages("Understood.").length === texts.length);
});

test("in auto mode, a tool runs unasked, what is blocked is one message, and questions are still asked", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  phone.allow({ alwaysNotify: true });
  const { message } = await phone.begin({ mode: "auto" });
  lab.api.plan(
    bash("touch made"),
    flagged(bash("rm -rf ~/everything"), "it deletes everything"),
    asks(COLOUR),
    says("Understood."),
  );
  await phone.prompts(message, "go");
  const blocked = await system.botMessage("Bash was blocked");
  expect(blocked.text).toContain("rm -rf ~/everything");
  system.press(await system.botMessage("Which colour?"), "Blue");
  await system.botMessage("Understood.");
  expect(existsSync(join(lab.project, "made"))).toBe(true);
  expect(lab.api.requests.flatMap(lastToolResults).at(-1)?.text).toContain('"Which colour?"="Blue"');
  expect([phone.messages("Bash was blocked").length, phone.messages("run Bash?").length]).toEqual([1, 0]);
});
