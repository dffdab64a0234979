import { expect, test } from "vitest";
import { SECOND } from "./support/clock.ts";
import { talkOn } from "./support/talk.ts";
import { fault } from "./support/telegram.ts";

test("a reaction whose call had no answer is taken away all the same when its command is cancelled", async () => {
  const talk = await talkOn("withdrawn", "s-withdrawn");
  const hello = await talk.hear("Are you there?");
  const { messageId, name } = await talk.reply("never mind", hello);
  await fault({ method: "setMessageReaction", chatId: talk.chatId, kind: "timeout-after-success", times: 1 });
  await talk.later(2 * SECOND);
  await talk.reacts("😴", messageId);
  await talk.told();
  await talk.reply("/cancel", hello);
  expect(await talk.stateOf(name)).toBe("cancelled");
  await talk.reacts("", messageId);
});
