import { expect } from "vitest";
import { unwrapPaste } from "../../../agent/claude/prompt-text.ts";
import type { StoredMessage } from "../../../agent/demo/telegram/message.ts";
import { lastTexts, says } from "./model-messages.ts";
import type { Phone } from "./phone.ts";
import { TEXTS } from "./texts.ts";
import { until } from "./until.ts";

/** Sends every text in reply to a message: each becomes a prompt as it was written, once, and its answer comes back. */
export async function expectEveryText(phone: Phone, message: StoredMessage): Promise<void> {
  const { lab, system } = phone;
  lab.api.otherwise(says("Understood."));
  // Telegram itself takes at most 4,096 characters.
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
}
