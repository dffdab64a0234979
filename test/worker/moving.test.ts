import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, talkOn } from "./support/talk.ts";
import { anyText } from "./support/matching.ts";

test("registering again updates label and time zone, and keeps what is left out", async () => {
  const talk = await talkOn("reg", "s-reg", { label: "api", timeZone: "Europe/Vienna" });
  const token = String((await talk.machine.notify("s-reg", "one")).body["token"]);
  await evictAll();
  expect(await talk.machine.register("s-reg", { label: "api (main)" })).toEqual({
    status: 200,
    body: { ok: true, sessionId: "s-reg", machineId: "reg" },
  });
  await talk.machine.register("s-reg", { label: undefined });
  expect((await talk.hear("two")).text).toBe("💬 reg · api (main)\ntwo");
  expect((await talk.machine.notify("s-reg", "three")).body["token"]).toBe(token);
  expect(await talk.rows("SELECT time_zone FROM registration")).toEqual([{ time_zone: "Europe/Vienna" }]);
  expect((await talk.machine.inspect()).body["sessions"]).toEqual([
    { sessionId: "s-reg", label: "api (main)", queued: 0 },
  ]);
});

test.each([
  { what: "no machine", body: { machineId: undefined } },
  { what: "an impossible session id", body: { sessionId: "a b" } },
  { what: "an impossible time zone", body: { timeZone: "Mars/Olympus" } },
  { what: "a claim that is no time", body: { claim: -1 } },
])("registering with $what is 400 with a reason", async ({ body }) => {
  const machine = await pairMachine("picky");
  expect(await machine.register("s-picky", body)).toEqual({ status: 400, body: { error: anyText() } });
});

test("registering for another machine than the key's is 403", async () => {
  const machine = await pairMachine("keyed");
  expect((await machine.register("s-keyed", { machineId: "another" })).status).toBe(403);
});

test("without a younger claim a session stays where it is, and its machine is named", async () => {
  const talk = await talkOn("holds", "s-stays", { claim: 60_000 });
  const other = await pairMachine("wants");
  await evictAll();
  for (const more of [{}, { claim: HOUR }])
    expect(await other.register("s-stays", more)).toEqual({
      status: 409,
      body: { error: "this session is on holds: it moves here when it starts here" },
    });
  expect((await other.unregister("s-stays")).status).toBe(409);
  expect((await talk.machine.register("s-stays")).status).toBe(200);
});

test("another owner never hijacks a session, whatever the claim, also when it ended", async () => {
  const talk = await talkOn("private", "s-private", { claim: 60_000 });
  const foreign = await pairMachine("foreign", 1002);
  expect((await foreign.register("s-private", { claim: 0 })).status).toBe(403);
  expect((await foreign.unregister("s-private")).status).toBe(403);
  await talk.machine.unregister("s-private");
  expect((await foreign.register("s-private", { claim: 0 })).status).toBe(403);
});

test("the younger claim wins: tokens move along, the queue does not, and [Send to …] sends it after the session", async () => {
  const talk = await talkOn("devbox", "s-move", { claim: 60_000 });
  const hello = await talk.hear("Ready.");
  const { messageId, name } = await talk.reply("build it", hello);
  await talk.later(2 * SECOND);
  await talk.reacts("😴", messageId);

  const macbook = await pairMachine("macbook");
  await evictAll();
  expect((await macbook.register("s-move", { claim: 1_000 })).status).toBe(200);
  await ring(machineObject("devbox"));
  const told = await talk.says("Not typed: the session moved to macbook.");
  expect(told.reply_to_message?.message_id).toBe(messageId);
  expect(buttonsOf(told)).toEqual(["Send to macbook"]);
  expect(await talk.stateOf(name)).toBe("cancelled");
  expect((await talk.machine.inspect()).body).toMatchObject({ sessions: [], queued: 0 });

  const socket = await macbook.connect({ sessions: ["s-move"] });
  await talk.press("Send to macbook", told);
  expect(await socket.next("command")).toMatchObject({ kind: "text", command: "build it", sessionId: "s-move" });
  // The old token, by way of an old message.
  await talk.reply("and test it", hello);
  expect(await socket.next("command")).toMatchObject({ command: "and test it" });
  expect((await macbook.notify("s-move", "Here now.")).status).toBe(200);
  expect((await talk.machine.notify("s-move", "Still here?")).status).toBe(409);
  expect((await talk.machine.register("s-move", { claim: 120_000 })).status).toBe(409);
});

test("what had left for the old machine is asked back, and told if it was not typed", async () => {
  const { talk, socket } = await awakeTalkOn("old-one", "s-sent", { claim: 60_000 });
  const typed = await talk.reply("typed in time", await talk.hear("Ready."));
  const first = await socket.next("command");
  const { name } = await talk.reply("not typed", await talk.hear("Ready again."));
  const second = await socket.next("command");
  const there = await pairMachine("new-one");
  await there.register("s-sent", { claim: 1_000 });
  expect([(await socket.next("cancel")).id, (await socket.next("cancel")).id]).toEqual([first.id, second.id]);
  await evictAll();
  await socket.carryOut(first, "typed");
  await socket.carryOut(second, "cancelled");
  await talk.reacts("👌", typed.messageId);
  expect(buttonsOf(await talk.says("Not typed: the session moved to new-one."))).toEqual(["Send to new-one"]);
  expect(await talk.stateOf(name)).toBe("cancelled");
});

test("the old machine is told until it heard: an error there is no end", async () => {
  const talk = await talkOn("hard-of", "s-strike", { claim: 60_000 });
  const { name } = await talk.reply("build it", await talk.hear("Ready."));
  await query(machineObject("hard-of"), "ALTER TABLE session RENAME TO hidden");
  const there = await pairMachine("there");
  expect((await there.register("s-strike", { claim: 1_000 })).status).toBe(200);
  await talk.later(10 * SECOND);
  expect(await talk.stateOf(name)).toBe("offered");
  await query(machineObject("hard-of"), "ALTER TABLE hidden RENAME TO session");
  await talk.later(MINUTE);
  await ring(machineObject("hard-of"));
  expect(await talk.stateOf(name)).toBe("cancelled");
  expect(await query(await sessionObject("s-strike"), "SELECT * FROM strike")).toEqual([]);
  expect((await talk.machine.inspect()).body["sessions"]).toEqual([]);
});

test("there and back again: the machine that has the session again keeps it", async () => {
  const talk = await talkOn("here", "s-back", { claim: 60_000 });
  const there = await pairMachine("away");
  expect((await there.register("s-back", { claim: 30_000 })).status).toBe(200);
  expect((await talk.machine.register("s-back", { claim: 1_000 })).status).toBe(200);
  await talk.later(MINUTE);
  const socket = await talk.machine.connect({ sessions: ["s-back"] });
  await talk.reply("hello", await talk.hear("Back."));
  expect((await socket.next("command")).command).toBe("hello");
  expect((await there.inspect()).body["sessions"]).toEqual([]);
});

test("a machine that was not told that the session left, and has it again, does not hear it later", async () => {
  const talk = await talkOn("untold", "s-untold", { claim: 60_000 });
  await query(machineObject("untold"), "ALTER TABLE queue RENAME TO hidden");
  const there = await pairMachine("between");
  await there.register("s-untold", { claim: 30_000 });
  await query(machineObject("untold"), "ALTER TABLE hidden RENAME TO queue");
  await talk.machine.register("s-untold", { claim: 1_000 });
  const { name } = await talk.reply("stay", await talk.hear("Back."));
  await talk.later(MINUTE);
  await ring(machineObject("untold"));
  expect(await talk.stateOf(name)).toBe("offered");
});

test("a machine whose index lost the session gets it back with the next command", async () => {
  const { talk, socket } = await awakeTalkOn("forgetful", "s-index");
  await query(machineObject("forgetful"), "DELETE FROM session");
  await talk.reply("hello", await talk.hear("Ready."));
  expect((await socket.next("command")).command).toBe("hello");
});

test("a session that ended may start anywhere of the same owner", async () => {
  const talk = await talkOn("was-here", "s-ended", { claim: 60_000 });
  const hello = await talk.hear("Bye.");
  await talk.machine.unregister("s-ended");
  const there = await pairMachine("starts-here");
  await talk.later(DAY);
  expect((await there.register("s-ended")).status).toBe(200);
  const socket = await there.connect({ sessions: ["s-ended"] });
  await talk.reply("hello again", hello);
  expect((await socket.next("command")).command).toBe("hello again");
});
