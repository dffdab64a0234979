import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE, putForward, SECOND } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { alarmOf, machineObject, query, ring, sessionObject, tablesOf } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { talkOn } from "./support/talk.ts";
import { fault } from "./support/telegram.ts";

type AnyObject = Parameters<typeof ring>[0];

/** The platform tries an alarm that threw six times more, and then drops it. */
const TRIES = 7;

/** No alarm rings by itself, in the middle of one that is rung by hand: by the runtime's clock each is an hour away. */
beforeEach(() => putForward(HOUR));

async function hide(object: AnyObject, table: string): Promise<void> {
  await query(object, `ALTER TABLE ${table} RENAME TO hidden`);
  await evictAll();
}

async function unhide(object: AnyObject, table: string): Promise<void> {
  await query(object, `ALTER TABLE hidden RENAME TO ${table}`);
  await evictAll();
}

/** Rings as often as it takes to lose an alarm, each time when it is due: it never throws, and is always set again. */
async function ringsOn(object: AnyObject): Promise<void> {
  for (let n = 1; n <= TRIES; n++) {
    expect(await ring(object)).toBe(true);
    const at = (await alarmOf(object)) ?? Number.POSITIVE_INFINITY;
    expect(at - Date.now()).toBeLessThanOrEqual(10 * MINUTE);
    putForward(Math.max(0, at - Date.now()) + SECOND);
  }
}

const SESSION_TABLES = [
  "registration",
  "strike",
  "token",
  "command",
  "said",
  "message",
  "question",
  "notification",
  "outbox",
  "waiting",
  "pruning",
];
const MACHINE_TABLES = ["machine", "pairing", "session", "queue"];

test("these are all the tables that there are", async () => {
  await talkOn("tables", "s-tables");
  const inSession = new Set(await tablesOf(await sessionObject("s-tables")));
  expect(inSession).toEqual(new Set([...SESSION_TABLES, "schema_version"]));
  expect(new Set(await tablesOf(machineObject("tables")))).toEqual(new Set([...MACHINE_TABLES, "schema_version"]));
});

test.each(SESSION_TABLES)("a session's alarm is never lost, though it fails seven times over its %s", async (table) => {
  const talk = await talkOn(`a-${table}`, `s-a-${table}`);
  const hello = await talk.hear("Ready.");
  const { name } = await talk.reply("go", hello);
  const session = await sessionObject(talk.sessionId);
  await hide(session, table);
  await ringsOn(session);
  await unhide(session, table);
  await ring(session);
  const socket = await talk.machine.connect({ sessions: [talk.sessionId] });
  await socket.carryOut(await socket.next("command"), "accepted");
  await talk.told();
  expect(await talk.stateOf(name)).toBe("accepted");
});

test.each(MACHINE_TABLES)("a machine's alarm is never lost, though it fails seven times over its %s", async (table) => {
  const talk = await talkOn(`m-${table}`, `s-m-${table}`);
  const { name } = await talk.reply("go", await talk.hear("Ready."));
  const machine = machineObject(talk.machine.name);
  putForward(DAY + SECOND);
  await hide(machine, table);
  await ringsOn(machine);
  await unhide(machine, table);
  await ring(machine);
  await talk.told();
  expect(await talk.stateOf(name)).toBe("expired");
});

test("a chore that fails every time stops no other: what Telegram refused at first is told by the same alarm", async () => {
  const talk = await talkOn("steady", "s-steady");
  await fault({ method: "sendMessage", chatId: talk.chatId, kind: "drop", times: 3 });
  expect((await talk.machine.notify("s-steady", "in the end")).status).toBe(202);
  await hide(await sessionObject("s-steady"), "strike");
  await ringsOn(await sessionObject("s-steady"));
  await talk.says("in the end");
});

test("an object that cannot be deleted tries again, until it can", async () => {
  const machine = await pairMachine("stubborn");
  const object = machineObject("stubborn");
  await object.unpair(machine.owner);
  putForward(2 * DAY);
  let refuses = true;
  await runInDurableObject(object, (_, { storage }) => {
    const deleteAll = storage.deleteAll.bind(storage);
    vi.spyOn(storage, "deleteAll").mockImplementation(() =>
      refuses ? Promise.reject(new Error("not now")) : deleteAll(),
    );
  });
  await ringsOn(object);
  expect(await tablesOf(object)).not.toEqual([]);
  refuses = false;
  await ring(object);
  expect(await tablesOf(object)).toEqual([]);
  expect(await alarmOf(object)).toBeNull();
});
