import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "./support/clock.ts";
import { machineObject, ring } from "./support/objects.ts";
import { asAgent, deliver, evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, type Talk, talkOn } from "./support/talk.ts";
import { callsIn, fault, messagesIn, type SentMessage, write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

function asks(nonce: string, remainingMs = HOUR): Record<string, unknown> {
  return {
    question: { nonce, remainingMs },
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

async function becomes(talk: Talk, card: SentMessage, button: RegExp): Promise<void> {
  await until(`the card reads ${button.source}`, async () => {
    const buttons = buttonsOf(await talk.bubble(card.message_id));
    return buttons.length === 1 && button.test(buttons[0] ?? "");
  });
}

function dataOf(card: SentMessage, button: string): string {
  return card.reply_markup?.inline_keyboard.flat().find(({ text }) => text === button)?.callback_data ?? "";
}

test("a choice is sent as the answer to its question, before typed commands, and the card says what was chosen", async () => {
  const { talk, socket } = await awakeTalkOn("asks", "s-asks");
  const card = await talk.hear("Run rm?", asks("q1"));
  expect(card.text.startsWith("❓ ")).toBe(true);
  expect((await talk.press("Yes", card)).said).toBe("sent to asks");
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "answer", nonce: "q1", choice: "yes", command: "Yes" });
  expect(command.remainingMs).toBeGreaterThan(50 * MINUTE);
  await evictAll();
  await socket.carryOut(command, "accepted");
  await becomes(talk, card, /^\[✓ Yes · \d\d:\d\d\]$/);
  expect((await talk.inspect()).body["questions"]).toBe(0);
});

test("a reply that comes before Telegram has said which message asks is an answer all the same", async () => {
  const { talk, socket } = await awakeTalkOn("quick", "s-quick");
  await fault({ method: "sendMessage", chatId: talk.chatId, kind: "slow", times: 1 });
  const asked = talk.machine.notify("s-quick", "Run rm?", asks("q1"));
  const { message_id: replyTo } = await talk.says("Run rm?");
  await deliver(await write({ chatId: talk.chatId, userId: talk.chatId, text: "only with -i", replyTo }));
  expect(await socket.next("command")).toMatchObject({ kind: "answer", nonce: "q1", command: "only with -i" });
  expect(await asked).toMatchObject({ status: 200 });
});

test("the first answer counts: every later press is told that it is too late, and sends nothing", async () => {
  const { talk, socket } = await awakeTalkOn("first", "s-first");
  const card = await talk.hear("Run rm?", asks("q1"));
  await talk.press("Yes", card);
  expect((await talk.press("No", card)).said).toBe("too late: it is answered already");
  expect((await talk.press("Yes", card)).said).toBe("sent to first");
  const command = await socket.next("command");
  await socket.carryOut(command, "accepted");
  expect((await talk.pressData(dataOf(card, "Yes"), card)).said).toBe("too late: it is answered already");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("two people's fingers at once: one answer", async () => {
  const { talk, socket } = await awakeTalkOn("race", "s-race");
  const card = await talk.hear("Run rm?", asks("q1"));
  const presses = ["Yes", "No"].map((button) => talk.pressData(dataOf(card, button), card));
  const toasts = (await Promise.all(presses)).map(({ said }) => said);
  expect(new Set(toasts)).toEqual(new Set(["sent to race", "too late: it is answered already"]));
  await socket.next("command");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("while a question is open a reply to it is its answer; once closed a reply is an ordinary command", async () => {
  const { talk, socket } = await awakeTalkOn("free", "s-free");
  const card = await talk.hear("Which branch?", asks("q1"));
  const answer = await talk.reply("the green one", card);
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "answer", nonce: "q1", command: "the green one" });
  expect(command).not.toHaveProperty("choice");
  await talk.reply("and now this", card);
  expect(await socket.next("command")).toMatchObject({ kind: "text", command: "and now this" });
  await socket.carryOut(command, "accepted");
  await becomes(talk, card, /^\[✓ the green one · \d\d:\d\d\]$/);
  await talk.reacts("👌", answer.messageId);
});

test("a question that was answered elsewhere: the card says so, presses are too late, replies are ordinary", async () => {
  const { talk, socket } = await awakeTalkOn("desk", "s-desk");
  const card = await talk.hear("Run rm?", asks("q1"));
  const data = dataOf(card, "Yes");
  const before = (await messagesIn(talk.chatId)).length;
  for (const by of ["at the terminal", "somewhere else"])
    expect(await talk.closeQuestion("q1", by)).toEqual({ status: 200, body: { ok: true } });
  expect(await talk.closeQuestion("unheard-of", "at the terminal")).toEqual({ status: 200, body: { ok: true } });
  await becomes(talk, card, /^\[✓ answered at the terminal\]$/);
  expect((await talk.pressData(data, card)).said).toBe("too late: answered at the terminal");
  expect(await messagesIn(talk.chatId)).toHaveLength(before);
  await talk.reply("as text", card);
  expect(await socket.next("command")).toMatchObject({ kind: "text", command: "as text" });
});

test("an answer from the phone stands, though the question is closed afterwards", async () => {
  const { talk, socket } = await awakeTalkOn("both-ways", "s-both-ways");
  const card = await talk.hear("Run rm?", asks("q1"));
  await talk.press("Yes", card);
  expect((await talk.closeQuestion("q1", "at the terminal")).status).toBe(200);
  expect((await talk.pressData(dataOf(card, "No"), card)).said).toBe("too late: it is answered already");
  await socket.carryOut(await socket.next("command"), "accepted");
  await becomes(talk, card, /^\[✓ Yes · /);
});

test("an answer that comes too late at the agent is shown on the card alone", async () => {
  const { talk, socket } = await awakeTalkOn("tardy", "s-tardy");
  const card = await talk.hear("Run rm?", asks("q1"));
  const before = (await messagesIn(talk.chatId)).length;
  await talk.press("Yes", card);
  await evictAll();
  await socket.carryOut(await socket.next("command"), "failed", "answered at the terminal");
  await becomes(talk, card, /^\[✗ answered at the terminal\]$/);
  await talk.later(10 * SECOND);
  expect(await messagesIn(talk.chatId)).toHaveLength(before);
});

test("an answer that nobody knows of is told, too", async () => {
  const { talk, socket } = await awakeTalkOn("unsure", "s-unsure");
  const card = await talk.hear("Run rm?", asks("q1"));
  await talk.press("Yes", card);
  await socket.carryOut(await socket.next("command"), "unknown", "the agent stopped");
  await becomes(talk, card, /^\[🤷 /u);
  const told = await talk.says("Nobody knows whether this was typed: the agent stopped.");
  expect(buttonsOf(told)).toEqual([]);
});

test("a question whose time is over is closed on the phone; its answer never goes out later", async () => {
  const talk = await talkOn("gone-by", "s-gone-by");
  const first = await talk.hear("Run rm?", asks("q1", 5 * MINUTE));
  const second = await talk.hear("Run mv?", asks("q2", 5 * MINUTE));
  await talk.press("Yes", second);
  await talk.later(6 * MINUTE);
  await becomes(talk, first, /^\[its time is over\]$/);
  expect((await talk.pressData(dataOf(first, "Yes"), first)).said).toBe("too late: its time is over");
  const socket = await talk.machine.connect({ sessions: ["s-gone-by"] });
  await socket.settled();
  await ring(machineObject("gone-by"));
  await becomes(talk, second, /^\[✗ /);
  expect(socket.commands()).toEqual([]);
});

test("a press after the time is over and before the alarm is too late, too", async () => {
  const { talk, socket } = await awakeTalkOn("edge", "s-edge");
  const card = await talk.hear("Quick?", asks("q1", 0));
  expect((await talk.pressData(dataOf(card, "Yes"), card)).said).toBe("too late: its time is over");
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("a question that closes before Telegram took it goes out without its buttons", async () => {
  const talk = await talkOn("unsent", "s-unsent");
  await fault({ method: "sendMessage", chatId: talk.chatId, kind: "500", times: 1 });
  expect((await talk.machine.notify("s-unsent", "Run rm?", asks("q1"))).status).toBe(202);
  await talk.closeQuestion("q1", "at the terminal");
  await talk.later(20 * SECOND);
  const card = await talk.says("Run rm?");
  expect(buttonsOf(card)).toEqual(["[answered at the terminal]"]);
  const edits = (await callsIn(talk.chatId)).filter(
    ({ method, payload }) => method === "editMessageReplyMarkup" && payload["message_id"] === card.message_id,
  );
  expect(edits).toEqual([]);
});

test("the end of a session closes its questions", async () => {
  const { talk } = await awakeTalkOn("ends", "s-ends");
  const card = await talk.hear("Run rm?", asks("q1"));
  await talk.machine.unregister("s-ends");
  await becomes(talk, card, /^\[the session ended\]$/);
  expect((await talk.pressData(dataOf(card, "Yes"), card)).said).toBe("too late: the session ended");
});

test("only the machine that holds the session closes its questions", async () => {
  const { talk } = await awakeTalkOn("holds", "s-holds");
  await talk.hear("Run rm?", asks("q1"));
  const other = await talkOn("does-not", "s-does-not");
  const body = { sessionId: "s-holds", nonce: "q1", by: "somebody" };
  expect((await asAgent(other.machine.key, "POST", "/questions/close", body)).status).toBe(409);
  expect((await talk.inspect()).body["questions"]).toBe(1);
  for (const wrong of [
    { ...body, nonce: "" },
    { ...body, by: "" },
    { nonce: "q1", by: "x" },
  ])
    expect((await asAgent(talk.machine.key, "POST", "/questions/close", wrong)).status).toBe(400);
});
