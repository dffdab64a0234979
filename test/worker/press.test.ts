import { expect, test } from "vitest";
import { newToken, sessionRef } from "../../src/address/reply-token.ts";
import { DAY } from "./support/clock.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, type Talk, talkOn } from "./support/talk.ts";
import type { SentMessage } from "./support/telegram.ts";
import { until } from "./support/until.ts";

const KEYBOARD = {
  replyMarkup: {
    inline_keyboard: [
      [
        { text: "Continue", callback_data: "cmd:TOKEN:continue" },
        { text: "Stop", callback_data: "cmd:TOKEN:no" },
      ],
      [{ text: "Run the tests", callback_data: "cmd:TOKEN:npm test" }],
    ],
  },
};

async function shows(talk: Talk, message: SentMessage, pattern: RegExp): Promise<string[]> {
  return until(`a button reads ${pattern.source}`, async () => {
    const buttons = buttonsOf(await talk.bubble(message.message_id));
    return buttons.some((text) => pattern.test(text)) ? buttons : undefined;
  });
}

test("a press is sent as what the button means, and its row becomes one button with the time on the machine", async () => {
  const { talk, socket } = await awakeTalkOn("clocked", "s-clocked", { timeZone: "Asia/Kathmandu" });
  const done = await talk.hear("Done.", KEYBOARD);
  expect(buttonsOf(done)).toEqual(["Continue", "Stop", "Run the tests"]);
  const pressed = await talk.press("Continue", done);
  expect(pressed).toMatchObject({ status: 200, said: "sent to clocked" });
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "action", command: "continue", sessionId: "s-clocked" });
  await evictAll();
  const before = Date.now();
  await socket.carryOut(command, "accepted");
  const buttons = await shows(talk, done, /✓/);
  const times = [before, Date.now()].map((at) => new Date(at + (5 * 60 + 45) * 60_000).toISOString().slice(11, 16));
  expect(times.map((time) => [`[✓ Continue · ${time}]`, "Run the tests"])).toContainEqual(buttons);
  expect(await talk.reaction(done.message_id)).toBe("");
});

test("a button that says one of the router's own words means what the word means", async () => {
  const { talk, socket } = await awakeTalkOn("worded", "s-worded");
  const words = [
    { text: "Screen", callback_data: "cmd:TOKEN:/screen" },
    { text: "Esc", callback_data: "cmd:TOKEN:/esc" },
    { text: "Cost", callback_data: "cmd:TOKEN:/cost" },
  ];
  const done = await talk.hear("Done.", { replyMarkup: { inline_keyboard: [words] } });
  for (const { text } of words) await talk.press(text, done);
  expect(await socket.next("command")).toMatchObject({ kind: "screen" });
  expect(await socket.next("command")).toMatchObject({ kind: "key", command: "escape" });
  expect(await socket.next("command")).toMatchObject({ kind: "action", command: "/cost" });
});

test("looking at the screen takes no button away: it may be asked for again, and what it shows retires nothing", async () => {
  const { talk, socket } = await awakeTalkOn("looking", "s-looking");
  const row = [
    { text: "Continue", callback_data: "cmd:TOKEN:continue" },
    { text: "Screen", callback_data: "cmd:TOKEN:/screen" },
  ];
  const done = await talk.hear("Shall I?", { replyMarkup: { inline_keyboard: [row] } });
  for (const screen of ["$ make", "$ make\nok"]) {
    await talk.press("Screen", done);
    await socket.carryOut(await socket.next("command"), "accepted");
    await talk.hear(screen, { silent: true, aside: true });
    await talk.told();
  }
  expect(buttonsOf(await talk.bubble(done.message_id))).toEqual(["Continue", "Screen"]);
  await talk.press("Continue", done);
  await socket.carryOut(await socket.next("command"), "accepted");
  expect(await shows(talk, done, /✓/)).toEqual([expect.stringMatching(/^\[✓ Continue/)]);
});

test("a press for a sleeping machine says that it is queued", async () => {
  const talk = await talkOn("napper", "s-napper");
  const done = await talk.hear("Done.", KEYBOARD);
  expect((await talk.press("Continue", done)).said).toBe("napper sleeps: queued");
});

test("a second press of the same button meets the first, is stored as cancelled, and sends nothing", async () => {
  const { talk, socket } = await awakeTalkOn("twice", "s-twice");
  const done = await talk.hear("Done.", KEYBOARD);
  await talk.press("Continue", done);
  const second = await talk.press("Continue", done);
  expect(second.said).toBe("sent to twice");
  expect((await talk.again(second.update)).said).toBe("sent to twice");
  expect(await talk.rows("SELECT state, same_as IS NULL AS first FROM command ORDER BY position")).toEqual([
    { state: "offered", first: 1 },
    { state: "cancelled", first: 0 },
  ]);
  await talk.press("Stop", done);
  await socket.next("command");
  expect((await socket.next("command")).command).toBe("no");
  await socket.settled();
  expect(socket.commands()).toHaveLength(2);
});

test("two presses of one button at the same time are one command", async () => {
  const { talk, socket } = await awakeTalkOn("both", "s-both");
  const done = await talk.hear("Done.", KEYBOARD);
  const data = done.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
  const answers = await Promise.all([talk.pressData(data, done), talk.pressData(data, done)]);
  expect(answers.map(({ said }) => said)).toEqual(["sent to both", "sent to both"]);
  await socket.next("command");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("a press that fails is told as a reply to the message with the button, which stays as it is", async () => {
  const { talk, socket } = await awakeTalkOn("fails", "s-fails");
  const done = await talk.hear("Done.", KEYBOARD);
  await talk.press("Run the tests", done);
  await socket.carryOut(await socket.next("command"), "failed", "the terminal is gone");
  const told = await talk.says("Not typed: the terminal is gone.");
  expect(told.reply_to_message?.message_id).toBe(done.message_id);
  expect(buttonsOf(told)).toEqual(["Send again"]);
  expect(await talk.reaction(done.message_id)).toBe("");
  expect(buttonsOf(await talk.bubble(done.message_id))).toEqual(["Continue", "Stop", "Run the tests"]);
  await talk.press("Send again", told);
  expect(await socket.next("command")).toMatchObject({ kind: "action", command: "npm test" });
});

test("the keyboard leaves the turn before when a new turn ends; a press that was already on its way is carried out", async () => {
  const { talk, socket } = await awakeTalkOn("turns", "s-turns");
  const first = await talk.hear("First turn.", KEYBOARD);
  const data = first.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
  await talk.hear("Second turn.", KEYBOARD);
  await until("the keyboard left", async () => buttonsOf(await talk.bubble(first.message_id)).length === 0);
  expect((await talk.pressData(data, first)).said).toBe("sent to turns");
  expect(await socket.next("command")).toMatchObject({ kind: "action", command: "continue" });
});

test("a press of another member, or with a token that is not this chat's, says nothing but that it is not known", async () => {
  const { talk, socket } = await awakeTalkOn("guarded", "s-guarded");
  const done = await talk.hear("Done.", KEYBOARD);
  const data = done.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
  const stranger = await talkOn("elsewhere", "s-elsewhere", {}, 1002);
  const theirs = await stranger.hear("Mine.", KEYBOARD);
  const unknown = "I do not know this session any more: reply to one of its newer messages.";
  // Another allowed user, in a chat of their own, with a token that they saw.
  expect((await stranger.pressData(data, theirs)).said).toBe(unknown);
  // A token of the right shape that nobody gave out.
  const guess = newToken(await sessionRef("s-guarded"));
  expect((await talk.pressData(`cmd:${guess}:continue`, done)).said).toBe(unknown);
  // A session that never was.
  const nowhere = newToken(await sessionRef("s-nowhere"));
  expect((await talk.pressData(`cmd:${nowhere}:continue`, done)).said).toBe(unknown);
  expect((await talk.pressData("something else", done)).said).toBe("This button is not mine any more.");
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("a button of a session that ended is refused after seven days, and told before", async () => {
  const { talk } = await awakeTalkOn("over", "s-over");
  const done = await talk.hear("Bye.", KEYBOARD);
  const data = done.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
  await talk.machine.unregister("s-over");
  await talk.later(DAY);
  expect((await talk.pressData(data, done)).said).toBe("not typed: the session ended");
  await talk.says("Not typed: the session ended.");
  await talk.later(6 * DAY);
  expect((await talk.pressData(data, done)).said).toContain("I do not know this session any more");
});
