import { expect, test } from "vitest";
import { MINUTE, putForward, SECOND } from "./support/clock.ts";
import { alarmOf, ring, sessionObject } from "./support/objects.ts";
import { OWNER } from "./support/machine.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, type Talk, talkOn } from "./support/talk.ts";
import { type ApiCall, callMethod, callsIn, fault, messagesIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

/** What the bot did since, in short: `send one`, `react 👌`. */
async function doneSince(before: number): Promise<string[]> {
  return (await callsIn(OWNER)).slice(before).map(inShort);
}

function inShort({ method, payload, ok }: ApiCall): string {
  const what =
    method === "sendMessage"
      ? `send ${String(payload["text"]).split("\n")[1] ?? ""}`
      : method === "setMessageReaction"
        ? `react ${JSON.stringify(payload["reaction"])}`
        : method;
  return ok ? what : `${what} (refused)`;
}

async function notify(talk: Talk, text: string): Promise<number> {
  return (await talk.machine.notify(talk.sessionId, text)).status;
}

test("the order of messages is kept while Telegram is down", async () => {
  const talk = await talkOn("down", "s-down");
  await fault({ method: "sendMessage", chatId: OWNER, kind: "drop", times: 2 });
  expect(await notify(talk, "one")).toBe(202);
  expect(await notify(talk, "two")).toBe(202);
  await evictAll();
  expect(await notify(talk, "three")).toBe(202);
  for (let n = 0; n < 3; n++) await talk.later(20 * SECOND);
  const texts = (await messagesIn(OWNER)).map(({ text }) => text.split("\n")[1]);
  expect(texts.filter((text) => ["one", "two", "three"].includes(text ?? ""))).toEqual(["one", "two", "three"]);
});

test("an answer that never came is asked for again: at least once, and the command's own outcome is not touched", async () => {
  const talk = await talkOn("mute", "s-mute");
  await fault({ method: "sendMessage", chatId: OWNER, kind: "timeout-after-success", times: 1 });
  expect(await notify(talk, "echo")).toBe(202);
  await talk.later(20 * SECOND);
  expect((await messagesIn(OWNER)).filter(({ text }) => text.endsWith("echo"))).toHaveLength(2);
  const { status, body } = await talk.machine.notify("s-mute", "no echo");
  expect({ status, messages: body["messageIds"] }).toEqual({ status: 200, messages: [body["messageId"]] });
});

test("under a 429 nothing is tried before its time, and messages go before receipts", async () => {
  const { talk, socket } = await awakeTalkOn("fast", "s-fast");
  const { messageId } = await talk.reply("go", await talk.hear("Ready."));
  await fault({ chatId: OWNER, kind: "429", times: 1, retryAfter: 30 });
  const before = (await callsIn(OWNER)).length;
  // No eviction in here: the object remembers that it has to wait.
  expect(await notify(talk, "news")).toBe(202);
  await socket.carryOut(await socket.next("command"), "accepted");
  expect(await notify(talk, "more news")).toBe(202);
  expect(await doneSince(before)).toEqual(["send news (refused)"]);
  await talk.told();
  await talk.later(29 * SECOND);
  expect(await doneSince(before)).toEqual(["send news (refused)"]);
  await talk.later(2 * SECOND);
  expect((await doneSince(before)).slice(0, 3)).toEqual(["send news (refused)", "send news", "send more news"]);
  await talk.later(10 * SECOND);
  await talk.reacts("👌", messageId);
});

test("a receipt that was refused for being too fast comes later, and once", async () => {
  const { talk, socket } = await awakeTalkOn("eager", "s-eager");
  const { messageId } = await talk.reply("go", await talk.hear("Ready."));
  await fault({ method: "setMessageReaction", chatId: OWNER, kind: "429", times: 1, retryAfter: 7 });
  const before = (await callsIn(OWNER)).length;
  await socket.carryOut(await socket.next("command"), "accepted");
  await until("it was refused", async () => (await doneSince(before)).length === 1);
  await talk.told();
  await talk.later(5 * SECOND);
  expect(await doneSince(before)).toHaveLength(1);
  await talk.later(5 * SECOND);
  await talk.reacts("👌", messageId);
  await talk.told();
  await talk.later(MINUTE);
  expect(await doneSince(before)).toHaveLength(2);
});

test("where a reaction is refused successes stay silent, failures are told, and nothing is tried for ever", async () => {
  const { talk, socket } = await awakeTalkOn("stern", "s-stern");
  const hello = await talk.hear("Ready.");
  const first = await talk.reply("works", hello);
  await callMethod("deleteMessage", { chat_id: OWNER, message_id: first.messageId });
  await socket.carryOut(await socket.next("command"), "accepted");
  await talk.told();
  await talk.later(10 * SECOND);
  const second = await talk.reply("fails", hello);
  await callMethod("deleteMessage", { chat_id: OWNER, message_id: second.messageId });
  await socket.carryOut(await socket.next("command"), "failed", "the terminal is gone");
  await talk.says("Not typed: the terminal is gone.");
  await talk.later(10 * SECOND);
  const rows = await talk.rows("SELECT state, receipt_due FROM command ORDER BY position");
  expect(rows).toEqual([
    { state: "accepted", receipt_due: null },
    { state: "failed", receipt_due: null },
  ]);
  const reactions = (await callsIn(OWNER)).filter(
    ({ method, payload }) => method === "setMessageReaction" && payload["message_id"] === first.messageId,
  );
  expect(reactions).toHaveLength(1);
});

test("while Telegram is down the waiting message is tried less and less often", async () => {
  const talk = await talkOn("patient", "s-patient");
  const hello = await talk.hear("Ready.");
  await fault({ method: "sendMessage", chatId: OWNER, kind: "500", times: 5 });
  await talk.reply("one", hello);
  const session = await sessionObject("s-patient");
  putForward(2 * SECOND);
  await ring(session);
  const waits: number[] = [];
  // No eviction in here: how often it failed is kept in memory.
  for (let n = 0; n < 4; n++) {
    const wait = Number(await alarmOf(session)) - Date.now();
    waits.push(wait);
    putForward(wait + 1);
    await ring(session);
  }
  expect(waits[0]).toBeLessThan(2 * SECOND);
  expect(waits[3]).toBeGreaterThan(6 * SECOND);
  await talk.later(MINUTE);
  await talk.says("1 waiting");
});
