import { expect, test } from "vitest";
import { PING, PONG } from "../../src/protocol.ts";
import { bill, openBill, type Units } from "./support/bill.ts";
import { HOUR, MINUTE } from "./support/clock.ts";
import { OWNER } from "./support/machine.ts";
import { alarmOf, machineObject, ring, sessionObject } from "./support/objects.ts";
import { asAgent, deliver } from "./support/router.ts";
import { awakeTalkOn } from "./support/talk.ts";
import { write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

type AnyObject = ReturnType<typeof machineObject> | Awaited<ReturnType<typeof sessionObject>>;

/** Waits until an object has done what its alarm was set for, and has set it for later. */
async function hasRung(object: AnyObject): Promise<void> {
  await until("its alarm has rung, and is set for later", async () => {
    const at = await alarmOf(object);
    return at !== null && at > Date.now() + MINUTE;
  });
}

/** What some work costs, with the alarms that it leaves in these objects; without what the first of its kind arms. */
async function costOf(objects: readonly AnyObject[], work: (time: number) => Promise<void>): Promise<Units> {
  const quiet = async (): Promise<void> => {
    for (const object of objects) await hasRung(object);
  };
  await work(1);
  await quiet();
  await openBill();
  await work(2);
  await quiet();
  return bill();
}

/** A limit that is too low says what was called and asked. */
function within(limits: Partial<Record<keyof Units, number>>, cost: Units): void {
  const lines = [...cost.lines].map(([line, count]) => `${count} × ${line}`);
  for (const [unit, most] of Object.entries(limits)) {
    expect(Reflect.get(cost, unit), `${unit}:\n${lines.join("\n")}`).toBeLessThanOrEqual(most);
  }
}

test("a reply that is typed at once is three calls and an alarm, two frames, and few rows", async () => {
  const { talk, socket } = await awakeTalkOn("billed-reply", "s-billed-reply");
  const said = await talk.hear("What next?");
  const cost = await costOf([machineObject("billed-reply"), await sessionObject("s-billed-reply")], async (time) => {
    const update = await write({ chatId: OWNER, userId: OWNER, text: `go on ${time}`, replyTo: said.message_id });
    await deliver(update);
    await socket.carryOut(await socket.next("command"));
    const [messageId] = Object.values(update).flatMap((part) =>
      typeof part === "object" && part !== null ? [Number(Reflect.get(part, "message_id"))] : [],
    );
    await talk.reacts("👌", messageId ?? 0);
  });
  expect([...cost.lines.keys()]).toEqual(
    expect.arrayContaining(["SessionDO.command", "MachineDO.offer", "SessionDO.results", "SessionDO.alarm"]),
  );
  within({ requests: 4, messages: 2, rowsWritten: 8, alarmsSet: 2, rowsRead: 6, statements: 9 }, cost);
});

test("results that come at once are brought to their session together", async () => {
  const { talk, socket } = await awakeTalkOn("billed-batch", "s-billed-batch");
  const said = await talk.hear("What next?");
  for (let n = 0; n < 12; n++) {
    await deliver(await write({ chatId: OWNER, userId: OWNER, text: `step ${n}`, replyTo: said.message_id }));
  }
  const commands = await Promise.all(Array.from({ length: 12 }, () => socket.next("command")));
  await openBill();
  for (const command of commands) socket.result(command);
  await until("all are stored", () => commands.every(({ id }) => socket.isStored(id)));
  expect(bill().lines.get("SessionDO.results")).toBeLessThanOrEqual(4);
});

test("a notification is two calls and an alarm, and few rows", async () => {
  const { talk } = await awakeTalkOn("billed-note", "s-billed-note");
  const cost = await costOf([await sessionObject("s-billed-note")], async (time) => {
    expect(await talk.machine.notify("s-billed-note", `done ${time}`)).toMatchObject({ status: 200 });
    await ring(await sessionObject("s-billed-note"));
  });
  within({ requests: 3, messages: 0, rowsWritten: 6, alarmsSet: 2, rowsRead: 14, statements: 14 }, cost);
});

test("a question costs no more where it is so long that it goes as a file", async () => {
  const asking = async (name: string, text: string): Promise<Units> => {
    const { talk } = await awakeTalkOn(name, `s-${name}`);
    const session = await sessionObject(`s-${name}`);
    return costOf([session], async (time) => {
      const replyMarkup = { inline_keyboard: [[{ text: "Yes", callback_data: `cmd:TOKEN:?q${time}.y` }]] };
      const more = { replyMarkup, question: { nonce: `q${time}`, remainingMs: 12 * HOUR } };
      expect(await talk.machine.notify(`s-${name}`, text, more)).toMatchObject({ status: 200 });
      await ring(session);
    });
  };
  const { lines: _, ...short } = await asking("billed-short", "May I?");
  within(short, await asking("billed-long", "May I? ".repeat(30_000)));
});

test("a reconnect is two calls, a frame and an alarm, and few rows", async () => {
  const { talk } = await awakeTalkOn("billed-again", "s-billed-again");
  const cost = await costOf([machineObject("billed-again")], async () => {
    await talk.machine.connect({ sessions: ["s-billed-again"] });
  });
  // One of these calls is the object's own, which asks once more whose key it is.
  within({ requests: 4, messages: 1, rowsWritten: 4, alarmsSet: 3, rowsRead: 22, statements: 16 }, cost);
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
