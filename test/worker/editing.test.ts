import { expect, test } from "vitest";
import { sessionRef } from "../../src/address/reply-token.ts";
import { HOUR, putForward } from "./support/clock.ts";
import { machineObject, ring } from "./support/objects.ts";
import { OWNER } from "./support/machine.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, type Talk, talkOn, type Written } from "./support/talk.ts";
import { rewrite } from "./support/telegram.ts";

test("an edit of a message that still waits replaces its text, and is typed once", async () => {
  const talk = await talkOn("waits", "s-waits");
  const { messageId } = await talk.reply("rm -rf /", await talk.hear("Ready."));
  const edited = await talk.edit(messageId, "rm -rf build");
  expect(edited).toMatchObject({ status: 200, said: undefined });
  expect(await talk.again(edited.update)).toMatchObject({ status: 200, said: undefined });
  const socket = await talk.machine.connect({ sessions: ["s-waits"] });
  expect((await socket.next("command")).command).toBe("rm -rf build");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("an edit that comes again behind a younger one changes nothing, also where that one changed nothing itself", async () => {
  const talk = await talkOn("behind", "s-behind");
  const hello = await talk.hear("Ready.");
  const [first, second] = [await talk.reply("rm -rf /", hello), await talk.reply("make", hello)];
  const { update: older } = await talk.edit(first.messageId, "rm -rf /*");
  const late = await rewrite({ chatId: OWNER, userId: OWNER, messageId: second.messageId, text: "make clean" });
  await talk.edit(first.messageId, "rm -rf build");
  await talk.edit(second.messageId, "make");
  for (const update of [older, late]) expect(await talk.again(update)).toMatchObject({ status: 200, said: undefined });
  const socket = await talk.machine.connect({ sessions: ["s-behind"] });
  expect([(await socket.next("command")).command, (await socket.next("command")).command]).toEqual([
    "rm -rf build",
    "make",
  ]);
});

test("the list of what waits shows the edited text, and [Send again] sends it", async () => {
  const talk = await talkOn("lists", "s-lists");
  const { messageId } = await talk.reply("first thought", await talk.hear("Ready."));
  await talk.edit(messageId, "second thought");
  await talk.machine.unregister("s-lists");
  const told = await talk.says("Not typed: the session ended.");
  await talk.machine.register("s-lists");
  const socket = await talk.machine.connect({ sessions: ["s-lists"] });
  await talk.press("Send again", told);
  expect((await socket.next("command")).command).toBe("second thought");
});

test("an edit of a message that has left changes nothing, and says so", async () => {
  const { talk, socket } = await awakeTalkOn("left", "s-left");
  const { messageId } = await talk.reply("ls", await talk.hear("Ready."));
  const command = await socket.next("command");
  expect((await talk.edit(messageId, "ls -l")).said).toBe(
    "It is on its way to left already: this edit changed nothing.",
  );
  await socket.carryOut(command, "accepted");
  expect((await talk.edit(messageId, "ls -la")).said).toBe("typed on left before this edit: it changed nothing.");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("an edit into a key or a cancel is no command", async () => {
  const talk = await talkOn("keys", "s-keys");
  const { messageId, name } = await talk.reply("ls", await talk.hear("Ready."));
  for (const text of ["/esc", "/cancel", "/screen"])
    expect((await talk.edit(messageId, text)).said).toBe("This edit changed nothing: send it as a message of its own.");
  expect(await talk.rows("SELECT name, text, state FROM command")).toEqual([{ name, text: "ls", state: "offered" }]);
});

test("an edit of a message that was never a command is silent, whatever it says now", async () => {
  const talk = await talkOn("never", "s-never");
  const { messageId } = await talk.reply("/cancel", await talk.hear("Ready."));
  expect(await talk.edit(messageId, "rm -rf /")).toMatchObject({ status: 200, said: undefined });
  await evictAll();
  expect(await talk.rows("SELECT * FROM command")).toEqual([]);
});

test("an edit that meets a command which no machine could be asked to take waits for it, and counts", async () => {
  const talk = await talkOn("both", "s-both");
  const { messageId } = await talk.reply("one", await talk.hear("Ready."));
  const edits = await Promise.all([talk.edit(messageId, "two"), talk.again({ update_id: 1 })]);
  expect(edits[0]?.said).toBeUndefined();
  const socket = await talk.machine.connect({ sessions: ["s-both"] });
  expect((await socket.next("command")).command).toBe("two");
});

/** The runtime died after the machine had stored the edit, and before its session heard of that. */
async function editHalfway(talk: Talk, { name }: Written, text: string): Promise<void> {
  const id = `${await sessionRef(talk.sessionId)}.${name}`;
  const { name: machine, owner } = talk.machine;
  expect(await machineObject(machine).edit(owner, id, text)).toBe(true);
}

test("an edit that only the machine has stored, and sent by now, counts when it comes again", async () => {
  const talk = await talkOn("half", "s-half");
  const asked = await talk.reply("one", await talk.hear("Ready."));
  await editHalfway(talk, asked, "two");
  const socket = await talk.machine.connect({ sessions: ["s-half"] });
  expect((await socket.next("command")).command).toBe("two");
  expect((await talk.edit(asked.messageId, "two")).said).toBeUndefined();
  expect(await talk.rows("SELECT text FROM command")).toEqual([{ text: "two" }]);
  expect((await talk.edit(asked.messageId, "three")).said).toBe(
    "It is on its way to half already: this edit changed nothing.",
  );
});

test("an edit that only the machine has stored, and that is typed by now, counts when it comes again", async () => {
  const talk = await talkOn("typed", "s-typed");
  const asked = await talk.reply("one", await talk.hear("Ready."));
  await editHalfway(talk, asked, "two");
  const socket = await talk.machine.connect({ sessions: ["s-typed"] });
  await socket.carryOut(await socket.next("command"), "failed");
  expect((await talk.edit(asked.messageId, "two")).said).toBeUndefined();
  await talk.press("Send again", await talk.says("Not typed"));
  expect((await socket.next("command")).command).toBe("two");
});

test("an edit that only the machine has stored, and that waited there too long, counts when it comes again", async () => {
  const talk = await talkOn("late", "s-late");
  const asked = await talk.reply("one", await talk.hear("Ready."));
  await editHalfway(talk, asked, "two");
  putForward(25 * HOUR);
  await ring(machineObject("late"));
  expect(await talk.rows("SELECT text, state FROM command")).toEqual([{ text: "two", state: "expired" }]);
});
