import { expect, test } from "vitest";
import { DAY, MINUTE, SECOND } from "./support/clock.ts";
import { machineObject, ring } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, say, type Talk, talkOn } from "./support/talk.ts";
import { until } from "./support/until.ts";

const BUTTON = { replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:continue" }]] } };

async function hasEnded(talk: Talk): Promise<void> {
  await until("the session ended", async () => (await talk.inspect()).body["endedAt"] !== null);
}

test("the end of a session fails what waits, tells it, and takes the buttons; nothing new is sent besides", async () => {
  const talk = await talkOn("ends", "s-ends");
  const hello = await talk.hear("Ready.", BUTTON);
  const { messageId, name } = await talk.reply("too late", hello);
  await evictAll();
  expect(await talk.machine.unregister("s-ends")).toEqual({ status: 200, body: { ok: true } });
  expect(await talk.machine.unregister("s-ends")).toEqual({ status: 200, body: { ok: true } });
  await ring(machineObject("ends"));
  await talk.reacts("👎", messageId);
  expect(await talk.stateOf(name)).toBe("failed");
  const told = await talk.says("Not typed: the session ended.");
  expect(buttonsOf(told)).toEqual(["Send again"]);
  await until("the buttons left", async () => buttonsOf(await talk.bubble(hello.message_id)).length === 0);
  expect(await talk.timesSent("Not typed")).toBe(1);
  expect((await talk.machine.inspect()).body["sessions"]).toEqual([]);
});

test("what had left already is asked back, and told as failed where the agent never typed it", async () => {
  const { talk, socket } = await awakeTalkOn("left", "s-left");
  const { name } = await talk.reply("in flight", await talk.hear("Ready."));
  const command = await socket.next("command");
  await talk.machine.unregister("s-left");
  expect((await socket.next("cancel")).id).toBe(command.id);
  await evictAll();
  await socket.carryOut(command, "cancelled");
  expect(await talk.stateOf(name)).toBe("failed");
  await talk.says("Not typed: the session ended.");
});

test("a session ends when a hello does not name it, unless it registered within the last minute", async () => {
  const talk = await talkOn("greets", "s-old");
  await talk.later(2 * MINUTE);
  await talk.machine.register("s-new");
  await talk.machine.connect({ sessions: [] });
  await ring(machineObject("greets"));
  await hasEnded(talk);
  expect((await talk.machine.inspect()).body["sessions"]).toEqual([{ sessionId: "s-new", label: "s-new", queued: 0 }]);
});

test("/unpair ends the sessions of the machine, and what waits there is told", async () => {
  const talk = await talkOn("unpaired", "s-unpaired");
  const { name } = await talk.reply("never", await talk.hear("Ready."));
  await evictAll();
  expect((await say("/unpair unpaired")).said).toContain("unpaired is unpaired");
  await ring(machineObject("unpaired"));
  await until("it failed", async () => (await talk.stateOf(name)) === "failed");
  await talk.says("Not typed: unpaired was unpaired.");
  expect(await talk.rows("SELECT ended_at IS NULL AS alive FROM registration")).toEqual([{ alive: 0 }]);
});

test("a session ends after 30 days without its machine, and not before", async () => {
  const talk = await talkOn("holiday", "s-holiday");
  const socket = await talk.machine.connect({ sessions: ["s-holiday"] });
  socket.close();
  await until("it is away", async () => (await talk.machine.inspect()).body["online"] === false);
  await talk.later(29 * DAY);
  await ring(machineObject("holiday"));
  expect((await talk.inspect()).body["endedAt"]).toBeNull();
  await talk.later(2 * DAY);
  await ring(machineObject("holiday"));
  await hasEnded(talk);
});

test("a session that ended and registers again is alive, with the same token", async () => {
  const { talk, socket } = await awakeTalkOn("phoenix", "s-phoenix");
  const hello = await talk.hear("Bye.");
  await talk.machine.unregister("s-phoenix");
  await talk.later(MINUTE);
  await talk.machine.register("s-phoenix");
  await talk.reply("still you?", hello);
  const again = await talk.machine.connect({ sessions: ["s-phoenix"] });
  expect((await again.next("command")).command).toBe("still you?");
  expect(socket.commands()).toEqual([]);
});

test("[Send again] of what failed with a session's end works once the session is back", async () => {
  const talk = await talkOn("second", "s-second");
  await talk.reply("once more", await talk.hear("Ready."));
  await talk.machine.unregister("s-second");
  await ring(machineObject("second"));
  const told = await talk.says("Not typed: the session ended.");
  await talk.machine.register("s-second");
  const socket = await talk.machine.connect({ sessions: ["s-second"] });
  await talk.press("Send again", told);
  expect(await socket.next("command")).toMatchObject({ kind: "text", command: "once more" });
  await talk.later(5 * SECOND);
});
