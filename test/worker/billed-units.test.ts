import { expect, test } from "vitest";
import { PING, PONG } from "../../src/protocol.ts";
import { bill, openBill, type Units } from "./support/bill.ts";
import { HOUR, MINUTE, putForward } from "./support/clock.ts";
import { costsWhatThePageSays } from "./support/costs-page.ts";
import { DAY_OF_WORK, leaveADay } from "./support/day.ts";
import type { Connection } from "./support/machine.ts";
import { alarmOf, machineObject, ring, sessionObject } from "./support/objects.ts";
import { asAgent, deliver, evictAll } from "./support/router.ts";
import { awakeTalkOn, messageIdOf, type Talk, talkOn } from "./support/talk.ts";
import { press, type SentMessage, write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

type AnyObject = ReturnType<typeof machineObject> | Awaited<ReturnType<typeof sessionObject>>;

/** What the end of a turn of Claude Code has under it. */
const TURN_BUTTONS = { inline_keyboard: [[{ text: "Continue", callback_data: "cmd:TOKEN:continue" }]] };
const QUESTION_BUTTONS = (nonce: string): Record<string, unknown> => ({
  replyMarkup: { inline_keyboard: [[{ text: "Yes", callback_data: `cmd:TOKEN:?${nonce}.y` }]] },
  question: { nonce, remainingMs: 12 * HOUR },
});

/** Waits until an object has done what its alarm was set for, and has set it for later. */
async function hasRung(object: AnyObject): Promise<void> {
  await until("its alarm has rung, and is set for later", async () => {
    const at = await alarmOf(object);
    return at !== null && at > Date.now() + MINUTE;
  });
}

/**
 * What some work costs that is done for the second time, in objects that remember a day of it, were evicted and are
 * woken for it: on a phone it comes minutes after what was before. With the alarms that it leaves in `objects`.
 */
async function costOf(
  talk: Talk,
  objects: readonly AnyObject[],
  work: (time: number) => Promise<void>,
): Promise<Units> {
  const quiet = async (): Promise<void> => {
    for (const object of objects) await hasRung(object);
  };
  await work(1);
  await quiet();
  await leaveADay(await sessionObject(talk.sessionId));
  await openBill();
  await work(2);
  await quiet();
  return bill();
}

async function notified(talk: Talk, text: string, more: Record<string, unknown>): Promise<SentMessage> {
  const { status, body } = await talk.machine.notify(talk.sessionId, text, more);
  expect({ status, body }).toMatchObject({ status: 200 });
  await ring(await sessionObject(talk.sessionId));
  return talk.bubble(Number(body["messageId"]));
}

async function replied(talk: Talk, socket: Connection, text: string, to: SentMessage): Promise<void> {
  const update = await write({ chatId: talk.chatId, userId: talk.chatId, text, replyTo: to.message_id });
  await deliver(update);
  const command = await socket.next("command");
  socket.send({ type: "progress", id: command.id, state: "typed" });
  await socket.carryOut(command, "accepted");
  await talk.reacts("👌", messageIdOf(update));
}

/** Waits until a message, or a button of it, says this: asking the session would be on its bill. */
async function says(talk: Talk, text: string, messageId: number): Promise<void> {
  await until(`it says ${text}`, async () => JSON.stringify(await talk.bubble(messageId)).includes(text));
}

test("a reply that is typed at once costs what the page says", async () => {
  const { talk, socket } = await awakeTalkOn("billed-reply", "s-billed-reply");
  const said = await talk.hear("What next?");
  const objects = [machineObject("billed-reply"), await sessionObject("s-billed-reply")];
  const cost = await costOf(talk, objects, async (time) => replied(talk, socket, `go on ${time}`, said));
  for (const call of ["SessionDO.command", "MachineDO.offer", "SessionDO.results", "SessionDO.alarm"])
    expect([call, cost.lines.get(call)]).toEqual([call, 1]);
  costsWhatThePageSays("a reply, typed at once", cost);
});

test("the end of a turn, whose buttons take the place of those before, costs what the page says", async () => {
  const talk = await talkOn("billed-turn", "s-billed-turn");
  const cost = await costOf(talk, [await sessionObject("s-billed-turn")], async (time) => {
    await notified(talk, `done ${time}`, { replyMarkup: TURN_BUTTONS });
  });
  costsWhatThePageSays("the end of a turn", cost);
});

test("a notification without buttons, and each further message of a long one, cost what the page says", async () => {
  const costOfText = async (name: string, text: string): Promise<Units> => {
    const talk = await talkOn(name, `s-${name}`);
    return costOf(talk, [await sessionObject(`s-${name}`)], async (time) => {
      await notified(talk, `${text} ${time}`, {});
    });
  };
  const [one, three] = [
    await costOfText("billed-note", "done"),
    await costOfText("billed-notes", "done ".repeat(2_000)),
  ];
  expect(three.lines.get("INSERT INTO outbox (chat_id, job, due_at) VALUES (?, ?, ?)")).toBe(3);
  costsWhatThePageSays("a notification without buttons", one);
  costsWhatThePageSays("each further message of a long answer", {
    ...three,
    requests: (three.requests - one.requests) / 2,
    messages: 0,
    rowsWritten: (three.rowsWritten - one.rowsWritten) / 2,
    rowsRead: (three.rowsRead - one.rowsRead) / 2,
  });
});

test("a question costs what the page says, also where it is so long that it goes as a file", async () => {
  for (const [name, text] of [
    ["billed-short", "May I?"],
    ["billed-long", "May I? ".repeat(30_000)],
  ] as const) {
    const talk = await talkOn(name, `s-${name}`);
    const cost = await costOf(talk, [await sessionObject(`s-${name}`)], async (time) => {
      await notified(talk, text, QUESTION_BUTTONS(`q${time}`));
    });
    costsWhatThePageSays("a question", cost);
  }
});

test("an answer to a question, by its button, costs what the page says", async () => {
  const { talk, socket } = await awakeTalkOn("billed-answer", "s-billed-answer");
  const cards = [await talk.hear("First?", QUESTION_BUTTONS("q1")), await talk.hear("Second?", QUESTION_BUTTONS("q2"))];
  const objects = [machineObject("billed-answer"), await sessionObject("s-billed-answer")];
  const cost = await costOf(talk, objects, async (time) => {
    const card = cards[time - 1]?.message_id ?? 0;
    const data = (await talk.bubble(card)).reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? "";
    await deliver(await press({ chatId: talk.chatId, userId: talk.chatId, messageId: card, data, forged: true }));
    await socket.carryOut(await socket.next("command"), "accepted");
    await says(talk, "✓ Yes", card);
  });
  costsWhatThePageSays("its answer by a button", cost);
});

test("closing a question that was answered at the terminal costs what the page says", async () => {
  const talk = await talkOn("billed-close", "s-billed-close");
  const cards = [await talk.hear("First?", QUESTION_BUTTONS("q1")), await talk.hear("Second?", QUESTION_BUTTONS("q2"))];
  const session = await sessionObject("s-billed-close");
  const cost = await costOf(talk, [session], async (time) => {
    const body = { sessionId: "s-billed-close", nonce: `q${time}`, by: "at the terminal" };
    expect((await asAgent(talk.machine.key, "POST", "/questions/close", body)).status).toBe(200);
    await says(talk, "answered at the terminal", cards[time - 1]?.message_id ?? 0);
    await ring(session);
  });
  costsWhatThePageSays("its answer at the terminal", cost);
});

test("a reply to a machine that sleeps costs what the page says, with the message that says so", async () => {
  const talk = await talkOn("billed-sleep", "s-billed-sleep");
  const said = await talk.hear("What next?");
  const objects = [machineObject("billed-sleep")];
  const cost = await costOf(talk, objects, async (time) => {
    const { chatId } = talk;
    const update = await write({ chatId, userId: chatId, text: `later ${time}`, replyTo: said.message_id });
    await deliver(update);
    await talk.reacts("😴", messageIdOf(update));
    await talk.says(`${time} waiting`);
    await until("its alarm is set for later", async () => {
      const at = await alarmOf(await sessionObject("s-billed-sleep"));
      return at !== null && at > Date.now() + MINUTE / 2;
    });
  });
  costsWhatThePageSays("a reply to a machine that sleeps", cost);
});

test("waiting for a machine that sleeps costs what the page says, every ten minutes", async () => {
  const talk = await talkOn("billed-wait", "s-billed-wait");
  const said = await talk.hear("What next?");
  const session = await sessionObject("s-billed-wait");
  const { messageId } = await talk.reply("later", said);
  await talk.reacts("😴", messageId);
  await talk.says("1 waiting");
  await leaveADay(session);
  putForward(10 * MINUTE);
  await ring(session);
  putForward(11 * MINUTE);
  await evictAll();
  await openBill();
  await ring(session);
  costsWhatThePageSays("every ten minutes that it waits", bill());
});

test("a session's start and its end cost what the page says", async () => {
  const talk = await talkOn("billed-session", "s-billed-session");
  await talk.hear("Ready.");
  await evictAll();
  await openBill();
  expect((await talk.machine.register("s-billed-next")).status).toBe(200);
  costsWhatThePageSays("a session starts", bill());
  const session = await sessionObject("s-billed-session");
  await leaveADay(session);
  await openBill();
  expect((await talk.machine.unregister("s-billed-session")).status).toBe(200);
  await hasRung(session);
  await hasRung(machineObject("billed-session"));
  costsWhatThePageSays("a session ends", bill());
});

test("a reconnect costs what the page says", async () => {
  const { talk } = await awakeTalkOn("billed-again", "s-billed-again");
  const cost = await costOf(talk, [machineObject("billed-again")], async () => {
    await talk.machine.connect({ sessions: ["s-billed-again"] });
  });
  costsWhatThePageSays("a machine reconnects", cost);
});

test("a day of work is forgotten in one go, a row each", async () => {
  const talk = await talkOn("billed-past", "s-billed-past");
  const session = await sessionObject("s-billed-past");
  await leaveADay(session);
  putForward(50 * HOUR);
  await openBill();
  await ring(session);
  const { commands, notifications, questions } = DAY_OF_WORK;
  expect(bill().rowsWritten).toBeLessThanOrEqual(commands + notifications + questions + 2);
  expect(await talk.rows("SELECT name FROM command")).toEqual([]);
});

test("results that come at once are brought to their session together", async () => {
  const { talk, socket } = await awakeTalkOn("billed-batch", "s-billed-batch");
  const said = await talk.hear("What next?");
  for (let n = 0; n < 12; n++) {
    await deliver(
      await write({ chatId: talk.chatId, userId: talk.chatId, text: `step ${n}`, replyTo: said.message_id }),
    );
  }
  const commands = await Promise.all(Array.from({ length: 12 }, () => socket.next("command")));
  await openBill();
  for (const command of commands) socket.result(command);
  await until("all are stored", () => commands.every(({ id }) => socket.isStored(id)));
  expect(bill().lines.get("SessionDO.results")).toBeLessThanOrEqual(4);
});

test("a connected machine's pings are answered without waking its object", async () => {
  const { talk, socket } = await awakeTalkOn("billed-pings", "s-billed-pings");
  await hasRung(machineObject("billed-pings"));
  await openBill();
  for (let ping = 0; ping < 3; ping++) socket.send(PING);
  await until("all are answered", () => socket.received.filter((text) => text === PONG).length === 3);
  expect({ ...bill(), lines: [] }).toEqual({
    requests: 0,
    messages: 0,
    rowsWritten: 0,
    rowsRead: 0,
    alarmsSet: 0,
    statements: 0,
    lines: [],
  });
  // Counting works all the same.
  await asAgent(talk.machine.key, "GET", "/machines/billed-pings");
  expect(bill().requests).toBeGreaterThan(0);
});
