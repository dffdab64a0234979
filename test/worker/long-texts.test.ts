import { expect, test } from "vitest";
import { sessionRef } from "../../src/address/reply-token.ts";
import { MOST_MESSAGES } from "../../src/session/layout.ts";
import { LIMITS } from "../../src/protocol.ts";
import { HOUR, SECOND } from "./support/clock.ts";
import { containing } from "./support/matching.ts";
import { asAgent, evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, type Talk, talkOn } from "./support/talk.ts";
import { block, callsIn, fault, fileOf, messagesIn, type SentMessage } from "./support/telegram.ts";
import { until } from "./support/until.ts";

/** Two messages' worth. */
const LONG = `Write a script:\n\n${"rm -rf build && make all # never mind\n".repeat(150)}the very end`;
const IN_FILE = "📎 Only its beginning: the whole is in the file.";

function asks(nonce: string): Record<string, unknown> {
  return {
    subject: "run Bash?",
    question: { nonce, remainingMs: HOUR },
    replyMarkup: {
      inline_keyboard: [
        [
          { text: "Yes", callback_data: `cmd:TOKEN:?${nonce}.yes` },
          { text: "No", callback_data: `cmd:TOKEN:?${nonce}.no` },
        ],
      ],
    },
  };
}

async function notify(talk: Talk, more: Record<string, unknown>, text = LONG): Promise<Record<string, unknown>> {
  const { status, body } = await talk.machine.notify(talk.sessionId, text, more);
  return { status, ...body };
}

/** The session's messages with a file, oldest first; a chat may hold other sessions' too. */
async function filesOf(talk: Talk): Promise<SentMessage[]> {
  return (await messagesIn(talk.chatId)).filter(
    ({ document, caption }) => document !== undefined && caption.includes(talk.sessionId),
  );
}

async function becomes(talk: Talk, card: SentMessage, button: RegExp): Promise<void> {
  await until(`the card reads ${button.source}`, async () => {
    const buttons = buttonsOf(await talk.bubble(card.message_id));
    return buttons.length === 1 && button.test(buttons[0] ?? "");
  });
}

test("a long question is one message: the whole as a file, its beginning and its buttons with it", async () => {
  const talk = await talkOn("whole", "s-whole");
  const before = (await messagesIn(talk.chatId)).length;
  await evictAll();
  const reply = await notify(talk, asks("q1"));
  expect(reply).toMatchObject({ status: 200, messageIds: [reply["messageId"]] });
  expect(await messagesIn(talk.chatId)).toHaveLength(before + 1);
  const card = await talk.bubble(Number(reply["messageId"]));
  expect(await fileOf(card)).toBe(LONG);
  expect(card.document).toMatchObject({ file_name: "question-run-Bash.txt", mime_type: "text/plain" });
  const header = "❓ whole · s-whole: run Bash?";
  expect(card.caption.startsWith(`${header}\nWrite a script:\n\nrm -rf build`)).toBe(true);
  expect(card.caption.endsWith(`\n\n${IN_FILE}`)).toBe(true);
  expect(card.caption.length).toBeGreaterThan(900);
  expect(card.caption_entities[0]).toEqual({
    type: "text_link",
    offset: 0,
    length: header.length,
    url: `https://t.me/ccr_test_bot?start=${String(reply["token"])}`,
  });
  expect(buttonsOf(card)).toEqual(["Yes", "No"]);
});

test("a question that fits is a message; with one character more it is a file", async () => {
  const talk = await talkOn("edge", "s-edge");
  const room = 4096 - "❓ edge · s-edge: run Bash?\n".length;
  const fits = await talk.hear("x".repeat(room), asks("q1"));
  expect([fits.text.length, fits.document]).toEqual([4096, undefined]);
  const card = await talk.hear("x".repeat(room + 1), asks("q2"));
  expect(await fileOf(card)).toBe("x".repeat(room + 1));
});

test("markdown is a file as it was written, and its beginning is formatted", async () => {
  const talk = await talkOn("plan", "s-plan");
  const plan = `# The **plan**\n\n${"- one more step\n".repeat(400)}`;
  const card = await talk.hear(plan, { ...asks("q1"), format: "markdown", subject: "go on with this plan?" });
  expect(await fileOf(card)).toBe(plan);
  expect(card.document?.file_name).toBe("question-go-on-with-this-plan.md");
  expect(card.caption).toContain("\nThe plan\n");
  expect(card.caption_entities.map(({ type }) => type)).toContain("bold");
});

test("a press answers it, and the card says what was chosen; later presses are too late", async () => {
  const { talk, socket } = await awakeTalkOn("pressed", "s-pressed");
  const card = await talk.hear(LONG, asks("q1"));
  expect((await talk.press("Yes", card)).said).toBe("sent to pressed");
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "answer", nonce: "q1", choice: "yes" });
  await evictAll();
  await socket.carryOut(command, "accepted");
  await becomes(talk, card, /^\[✓ Yes · \d\d:\d\d\]$/);
  const after = await talk.bubble(card.message_id);
  expect([after.caption, after.caption_entities]).toEqual([card.caption, card.caption_entities]);
  const data = card.reply_markup?.inline_keyboard.flat().find(({ text }) => text === "No")?.callback_data ?? "";
  expect((await talk.pressData(data, card)).said).toBe("too late: it is answered already");
});

test("a reply to its file is its answer; once it is closed, an ordinary command", async () => {
  const { talk, socket } = await awakeTalkOn("spoken", "s-spoken");
  const card = await talk.hear(LONG, asks("q1"));
  await talk.reply("use make clean", card);
  expect(await socket.next("command")).toMatchObject({ kind: "answer", nonce: "q1", command: "use make clean" });
  await talk.reply("and then rest", card);
  expect(await socket.next("command")).toMatchObject({ kind: "text", command: "and then rest" });
});

test("a long question that was answered at the terminal says so", async () => {
  const talk = await talkOn("elsewhere", "s-elsewhere");
  const card = await talk.hear(LONG, asks("q1"));
  await talk.closeQuestion("q1", "at the terminal");
  await becomes(talk, card, /^\[✓ answered at the terminal\]$/);
  expect((await talk.bubble(card.message_id)).caption).toBe(card.caption);
});

test.each(["500", "429", "drop"] as const)(
  "after %s the file waits, through an eviction, and is sent once",
  async (kind) => {
    const talk = await talkOn(`kept-${kind}`, `s-kept-${kind}`);
    await fault({ method: "sendDocument", chatId: talk.chatId, kind, times: 2, retryAfter: 5 });
    expect(await notify(talk, { ...asks("q1"), id: "n-1" })).toMatchObject({ status: 202, queued: true });
    await evictAll();
    for (let n = 0; n < 3; n++) await talk.later(20 * SECOND);
    const [card, ...more] = await filesOf(talk);
    expect(more).toEqual([]);
    expect(await notify(talk, { ...asks("q1"), id: "n-1" })).toMatchObject({
      status: 200,
      messageId: card?.message_id,
    });
    expect(await filesOf(talk)).toHaveLength(1);
    expect(card === undefined ? "" : await fileOf(card)).toBe(LONG);
  },
);

test("an answer that never came is asked for again: at least once", async () => {
  const talk = await talkOn("mute", "s-mute-file");
  await fault({ method: "sendDocument", chatId: talk.chatId, kind: "timeout-after-success", times: 1 });
  expect((await notify(talk, asks("q1")))["status"]).toBe(202);
  await talk.later(20 * SECOND);
  const cards = await filesOf(talk);
  expect(cards).toHaveLength(2);
  await talk.closeQuestion("q1", "at the terminal");
  const last = cards.at(-1);
  if (last !== undefined) await becomes(talk, last, /answered at the terminal/);
});

test("a long question that closes before Telegram took it goes out without its buttons", async () => {
  const talk = await talkOn("unsent", "s-unsent-file");
  await fault({ method: "sendDocument", chatId: talk.chatId, kind: "500", times: 1 });
  await notify(talk, asks("q1"));
  await talk.closeQuestion("q1", "at the terminal");
  await talk.later(20 * SECOND);
  expect((await filesOf(talk)).map(buttonsOf)).toEqual([["[answered at the terminal]"]]);
});

test("the longest text that the router takes arrives whole, after an eviction too", async () => {
  const talk = await talkOn("huge", "s-huge");
  // Every second character is one that JSON escapes.
  const room = LIMITS.bodyBytes - 600;
  const text = '"a'.repeat(room / 3);
  await fault({ method: "sendDocument", chatId: talk.chatId, kind: "500", times: 1 });
  expect((await notify(talk, asks("q1"), text))["status"]).toBe(202);
  await evictAll();
  await talk.later(20 * SECOND);
  const [card] = await filesOf(talk);
  expect(card === undefined ? "" : await fileOf(card)).toBe(text);
  const over = await asAgent(talk.machine.key, "POST", "/notifications/send", {
    sessionId: talk.sessionId,
    text: "x".repeat(LIMITS.bodyBytes),
  });
  expect(over.status).toBe(413);
});

test("a chat that refuses for good is 410", async () => {
  const talk = await talkOn("barred", "s-barred", {}, 1003);
  await block(1003);
  expect(await notify(talk, asks("q1"))).toEqual({ status: 410, error: containing("bot was blocked by the user") });
});

test("an answer of very many messages is its first one and a file, with the buttons and without a second sound", async () => {
  const talk = await talkOn("verbose", "s-verbose");
  const text = Array.from({ length: 1_000 }, (_, n) => `Line ${n}: ${"word ".repeat(10)}`).join("\n");
  const keyboard = { replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:continue" }]] } };
  await evictAll();
  const reply = await notify(talk, { ...keyboard, sign: "done" }, text);
  expect(reply).toMatchObject({ status: 200, messageIds: [Number(reply["messageId"]) - 1, reply["messageId"]] });
  const [first, file] = await Promise.all([-1, 0].map((by) => talk.bubble(Number(reply["messageId"]) + by)));
  if (first === undefined || file === undefined) throw new Error("two messages were sent");
  expect(first.text.startsWith("✅ verbose · s-verbose\nLine 0: word")).toBe(true);
  expect(first.text.length).toBeGreaterThan(4_000);
  expect(buttonsOf(first)).toEqual([]);
  expect(await fileOf(file)).toBe(text);
  expect(file.caption).toMatch(
    /^✅ verbose · s-verbose\n📎 The rest would take \d+ more messages: the whole is in the file\.$/,
  );
  expect(file.document?.file_name).toBe("answer.txt");
  expect(buttonsOf(file)).toEqual(["Go on"]);
  const ref = await sessionRef("s-verbose");
  const sent = (await callsIn(talk.chatId)).filter(({ payload }) => JSON.stringify(payload).includes(`?start=${ref}`));
  const sounds = sent.map(({ payload }) => String(payload["disable_notification"]));
  expect(sounds).toEqual(["false", "true"]);
  // The next turn takes the buttons from the file, too.
  await talk.hear("Next.");
  expect(buttonsOf(await talk.bubble(file.message_id))).toEqual([]);
});

test("a button on a file leaves a settled row", async () => {
  const { talk, socket } = await awakeTalkOn("settles", "s-settles");
  const text = "word ".repeat(10_000);
  const card = await talk.hear(text, {
    replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:continue" }]] },
  });
  expect(card.document).toBeDefined();
  await talk.press("Go on", card);
  await socket.carryOut(await socket.next("command"), "typed");
  await becomes(talk, card, /^\[✓ Go on · \d\d:\d\d\]$/);
});

test("an answer of a few messages stays messages", async () => {
  const talk = await talkOn("wordy", "s-wordy");
  const { messageIds } = await notify(talk, {}, "x".repeat(4_000 * MOST_MESSAGES));
  expect(messageIds).toHaveLength(MOST_MESSAGES);
  expect(await filesOf(talk)).toEqual([]);
});
