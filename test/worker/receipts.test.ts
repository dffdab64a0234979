import { expect, test } from "vitest";
import type { Command } from "../../src/protocol.ts";
import { HOUR, MINUTE, putForward, SECOND } from "./support/clock.ts";
import type { Connection } from "./support/machine.ts";
import { ring, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, say, type Talk, talkOn } from "./support/talk.ts";
import { callsIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

async function reactionsSet(chatId: number, messageId: number): Promise<unknown[]> {
  return (await callsIn(chatId))
    .filter(({ method, payload }) => method === "setMessageReaction" && payload["message_id"] === messageId)
    .map(({ payload }) => payload["reaction"]);
}

test("a command that is typed within a second and a half gets no receipt but 👌", async () => {
  const { talk, socket } = await awakeTalkOn("swift", "s-swift");
  const hello = await talk.hear("Ready.");
  const { messageId } = await talk.reply("quick", hello);
  await evictAll();
  await socket.carryOut(await socket.next("command"), "accepted");
  await talk.reacts("👌", messageId);
  await talk.told();
  await talk.later(5 * SECOND);
  expect(await reactionsSet(talk.chatId, messageId)).toEqual([[{ type: "emoji", emoji: "👌" }]]);
});

test("more receipts than Telegram takes in a second are shown all the same, a few later", async () => {
  const { talk, socket } = await awakeTalkOn("crowd", "s-crowd");
  const hello = await talk.hear("Ready.");
  const written: number[] = [];
  for (let n = 0; n < 30; n++) written.push((await say(`step ${n}`, talk.chatId, hello.message_id)).messageId);
  await socket.hasTexts(16);
  for (let done = 0; done < 30; done++) socket.result(await socket.next("command"));
  for (const messageId of written) await talk.reacts("👌", messageId);
});

test("what was left out of a text is told in a reply without a sound, once; the receipt is 👌 all the same", async () => {
  const { talk, socket } = await awakeTalkOn("strainer", "s-strainer");
  const hello = await talk.hear("Ready.", {
    replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:go on" }]] },
  });
  const error = "3 characters that a terminal must not get were left out";
  for (const outcome of ["typed", "accepted"]) {
    const { messageId } = await talk.reply(`some ${outcome}`, hello);
    const command = await socket.next("command");
    await evictAll();
    await socket.carryOut(command, outcome, error);
    const told = await talk.answers(messageId);
    expect(told.text).toContain(`Typed, but ${error}.`);
    expect(buttonsOf(told)).toEqual([]);
    await talk.reacts("👌", messageId);
    await talk.told();
    // Repeated after a reconnect: told already.
    await socket.carryOut(command, outcome, error);
    await talk.later(5 * SECOND);
  }
  // Nobody wrote what a button of the session says.
  await talk.press("Go on", hello);
  await socket.carryOut(await socket.next("command"), "typed", error);
  await talk.told();
  const sent = (await callsIn(talk.chatId)).filter(({ payload }) => String(payload["text"]).includes(error));
  expect(sent.map(({ payload }) => payload["disable_notification"])).toEqual([true, true]);
});

test("what was left out of a text that is sent again is told, too", async () => {
  const { talk, socket } = await awakeTalkOn("resender", "s-resender");
  await talk.reply("some text", await talk.hear("Ready."));
  await socket.carryOut(await socket.next("command"), "failed", "the terminal was away");
  await talk.press("Send again", await talk.says("Not typed: the terminal was away."));
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "text", command: "some text" });
  await socket.carryOut(command, "typed", "1 character was left out");
  expect(buttonsOf(await talk.says("Typed, but 1 character was left out."))).toEqual([]);
});

test("a command that is not typed within a second and a half shows 👀, and 👌 once it is", async () => {
  const { talk, socket } = await awakeTalkOn("slow", "s-slow");
  const { messageId } = await talk.reply("slow one", await talk.hear("Ready."));
  const command = await socket.next("command");
  expect(await talk.reaction(messageId)).toBe("");
  await talk.later(2 * SECOND);
  await talk.reacts("👀", messageId);
  await evictAll();
  await socket.carryOut(command, "typed");
  await talk.reacts("👌", messageId);
});

test("a command that the machine holds back shows 🤔", async () => {
  const { talk, socket } = await awakeTalkOn("holder", "s-holder");
  const { messageId } = await talk.reply("wait for it", await talk.hear("Ready."));
  const command = await socket.next("command");
  await evictAll();
  socket.send({ type: "journaled", id: command.id });
  socket.send({ type: "progress", id: command.id, state: "held", reason: "somebody is typing" });
  await talk.reacts("🤔", messageId);
  await evictAll();
  socket.send({ type: "progress", id: command.id, state: "typed" });
  await socket.settled();
  expect(await talk.reaction(messageId)).toBe("🤔");
  await socket.carryOut(command, "accepted");
  await talk.reacts("👌", messageId);
});

/** The machine holds its next command, and the phone has been shown so. */
async function hold(talk: Talk, socket: Connection, reason: string): Promise<Command> {
  const command = await socket.next("command");
  socket.send({ type: "journaled", id: command.id });
  socket.send({ type: "progress", id: command.id, state: "held", reason });
  await until(
    "it is held",
    async () => (await talk.rows("SELECT 1 FROM command WHERE receipt <> 'held'")).length === 0,
  );
  return command;
}

test("why a command is held is told once, without a sound, when that lasts; a press's as a reply to its message", async () => {
  const { talk, socket } = await awakeTalkOn("drafted", "s-drafted");
  const hello = await talk.hear("Ready.", {
    replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:go on" }]] },
  });
  const written = await talk.reply("first", hello);
  const draft = "an unsent draft stands in its box: clear it with /key ctrl-c";
  const first = await hold(talk, socket, draft);
  await talk.reacts("🤔", written.messageId);
  await talk.later(2 * SECOND);
  const said = await talk.says(`Not typed yet: ${draft}.`);
  expect(said.reply_to_message?.message_id).toBe(written.messageId);
  expect(buttonsOf(said)).toEqual([]);
  await talk.told();

  // The same reason again is no news, another one is.
  const second = await talk.reply("second", hello);
  await hold(talk, socket, draft);
  await talk.press("Go on", hello);
  await hold(talk, socket, "another program is in front");
  await talk.reacts("🤔", second.messageId);
  await talk.later(2 * SECOND);
  const ofPress = await talk.says("Not typed yet: another program is in front.");
  expect(ofPress.reply_to_message?.message_id).toBe(hello.message_id);
  await talk.told();
  // A later look finds them told, also after an eviction.
  await talk.rows("UPDATE command SET receipt_due = ?", Date.now());
  await talk.later(2 * SECOND);
  await talk.told();
  expect(await talk.timesSent("Not typed yet")).toBe(2);
  const silent = (await callsIn(talk.chatId))
    .filter(({ payload }) => String(payload["text"]).includes("Not typed yet"))
    .map(({ payload }) => payload["disable_notification"]);
  expect(silent).toEqual([true, true]);
  await socket.carryOut(first, "accepted");
  await talk.reacts("👌", written.messageId);
});

test("a command that is held for less than two seconds says nothing of it", async () => {
  const { talk, socket } = await awakeTalkOn("briefly", "s-briefly");
  const { messageId } = await talk.reply("soon", await talk.hear("Ready."));
  const command = await hold(talk, socket, "its box is not there");
  await talk.reacts("🤔", messageId);
  const [held] = await talk.rows("SELECT receipt_due - accepted_at AS quiet FROM command");
  expect(Number(held?.["quiet"])).toBeGreaterThanOrEqual(2 * SECOND);
  // However long this test takes.
  await talk.rows("UPDATE command SET receipt_due = receipt_due + ?", HOUR);
  await evictAll();
  await socket.carryOut(command, "accepted");
  await talk.reacts("👌", messageId);
  await talk.told();
  await talk.later(5 * SECOND);
  expect(await talk.timesSent("Not typed yet")).toBe(0);
});

test("commands for a sleeping machine show 😴, and one message says how many wait, edited and never repeated", async () => {
  const talk = await talkOn("sleeper", "s-sleeper", { timeZone: "Asia/Tokyo" });
  const hello = await talk.hear("Good night.");
  const first = await talk.reply("one", hello);
  await talk.later(2 * SECOND);
  await talk.reacts("😴", first.messageId);
  const line = await talk.says("· 1 waiting");
  expect(line.text).toBe("💬 sleeper · s-sleeper\nsleeper is not connected · 1 waiting");
  expect(buttonsOf(line)).toEqual(["Show", "Cancel all"]);

  const second = await talk.reply("two", hello);
  const third = await talk.reply("three", hello);
  await talk.later(2 * SECOND);
  await talk.reacts("😴", second.messageId);
  await talk.reacts("😴", third.messageId);
  expect((await talk.bubble(line.message_id)).text).toContain("· 3 waiting");
  expect(await talk.timesSent("waiting")).toBe(1);

  const socket = await talk.machine.connect({ sessions: ["s-sleeper"] });
  for (let n = 0; n < 3; n++) await socket.carryOut(await socket.next("command"));
  for (const { messageId } of [first, second, third]) await talk.reacts("👌", messageId);
  await talk.says("nothing waits for sleeper any more");
  expect(buttonsOf(await talk.bubble(line.message_id))).toEqual([]);
  expect(await talk.timesSent("waiting")).toBe(1);
});

test("the waiting message says since when the machine sleeps, in its time zone", async () => {
  const { talk, socket } = await awakeTalkOn("dozer", "s-dozer", { timeZone: "Asia/Tokyo" });
  const hello = await talk.hear("Still here.");
  socket.close();
  await until("the machine is offline", async () => (await talk.machine.inspect()).body["online"] === false);
  const seen = Number((await talk.machine.inspect()).body["lastSeenAt"]);
  await talk.reply("wake up", hello);
  await talk.later(2 * SECOND);
  const clock = new Date(seen + 9 * 60 * MINUTE).toISOString().slice(11, 16);
  await talk.says(`dozer sleeps since ${clock} · 1 waiting`);
});

test("a command that was sent and not heard of for a minute shows 😴 where the socket went stale", async () => {
  const { talk, socket } = await awakeTalkOn("lid", "s-lid");
  const { messageId } = await talk.reply("anyone there?", await talk.hear("Ready."));
  await socket.next("command");
  // No eviction in here: that the machine was awake when it took the command is kept in memory.
  const session = await sessionObject("s-lid");
  putForward(2 * SECOND);
  await ring(session);
  await talk.reacts("👀", messageId);
  putForward(MINUTE);
  await ring(session);
  await talk.reacts("😴", messageId);
  expect(await socket.isClosed()).toMatchObject({ code: 4008 });
});

test.each([
  { outcome: "failed", emoji: "👎", says: "Not typed: the terminal is gone." },
  { outcome: "expired", emoji: "👎", says: "Not typed, its time is over: the terminal is gone." },
  { outcome: "unknown", emoji: "🤷", says: "Nobody knows whether this was typed: the terminal is gone." },
])("$outcome shows $emoji and a reply with the reason, whose [Send again] works once", async (row) => {
  const { talk, socket } = await awakeTalkOn(`m-${row.outcome}`, `s-${row.outcome}`);
  const { messageId } = await talk.reply("rm -rf build", await talk.hear("Ready."));
  await evictAll();
  await socket.carryOut(await socket.next("command"), row.outcome, "the terminal is gone");
  await talk.reacts(row.emoji, messageId);
  const told = await talk.says(row.says);
  expect(told.reply_to_message?.message_id).toBe(messageId);
  expect(told.text.startsWith("⚠️ ")).toBe(true);

  const data = told.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
  expect((await talk.press("Send again", told)).said).toBe(`sent to m-${row.outcome}`);
  const again = await socket.next("command");
  expect(again).toMatchObject({ kind: "text", command: "rm -rf build" });
  // A second press meets the first one while it is under way, and after it.
  expect((await talk.press("Send again", told)).said).toBe(`sent to m-${row.outcome}`);
  await socket.carryOut(again, "accepted");
  await until("the button is settled", async () =>
    buttonsOf(await talk.bubble(told.message_id)).some((text) => text.startsWith("[✓ Send again · ")),
  );
  expect((await talk.pressData(data, told)).said).toBe(`typed on m-${row.outcome}`);
  await socket.settled();
  expect(socket.commands()).toHaveLength(2);
});

test("an unknown outcome is put right once by a later true result", async () => {
  const { talk, socket } = await awakeTalkOn("doubt", "s-doubt");
  const { messageId, name } = await talk.reply("did it?", await talk.hear("Ready."));
  const command = await socket.next("command");
  await socket.carryOut(command, "unknown", "the agent stopped");
  await talk.reacts("🤷", messageId);
  await evictAll();
  socket.send({ type: "commandResult", id: command.id, sessionId: "s-doubt", outcome: "accepted" });
  await talk.reacts("👌", messageId);
  socket.send({ type: "commandResult", id: command.id, sessionId: "s-doubt", outcome: "failed", error: "no" });
  await socket.settled();
  expect(await talk.stateOf(name)).toBe("accepted");
});

test("a result of another machine changes nothing", async () => {
  const { talk, socket } = await awakeTalkOn("mine", "s-mine");
  const { name } = await talk.reply("mine alone", await talk.hear("Ready."));
  const command = await socket.next("command");
  const other = await awakeTalkOn("other", "s-other");
  await other.socket.carryOut(command, "accepted");
  expect(await talk.stateOf(name)).toBe("offered");
  await socket.carryOut(command, "typed");
  expect(await talk.stateOf(name)).toBe("typed");
});
