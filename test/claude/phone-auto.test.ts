import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectEveryText } from "./support/every-text.ts";
import { bash, flagged, lastToolResults, says } from "./support/model-messages.ts";
import { Phone } from "./support/phone.ts";
import { asks, COLOUR } from "./support/questions.ts";

test("in auto mode, prompts arrive as they were written, once, and their answers come back", async () => {
  const phone = await Phone.open();
  phone.allow({ alwaysNotify: true });
  const { message } = await phone.begin({ mode: "auto" });
  await expectEveryText(phone, message);
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
