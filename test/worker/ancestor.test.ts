import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { sessionRef } from "../../src/address/reply-token.ts";
import { machineObject, query, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";
import { messagesIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

/* Regressions of a router before this one. The others of its faults are held elsewhere: see docs/proofs.md. */

test("no object is everybody's: a machine and a session that fail hold up no other", async () => {
  const { talk, socket } = await awakeTalkOn("healthy", "s-healthy");
  const hello = await talk.hear("Ready.");
  const broken = await talkOn("broken", "s-broken");
  await evictAll();
  await query(machineObject("broken"), "DROP TABLE queue");
  await query(await sessionObject("s-broken"), "DROP TABLE command");
  await broken.machine.connect({ sessions: ["s-broken"] }).catch(() => undefined);
  await talk.reply("go", hello);
  await socket.carryOut(await socket.next("command"), "accepted");
  await until("its outcome is told", async () =>
    (await messagesIn(talk.chatId)).some(({ reactions }) => reactions[0] === "👌"),
  );
  // There are none but those of these two machines and sessions.
  const ids = [...(await listDurableObjectIds(env.MACHINE)), ...(await listDurableObjectIds(env.SESSION))].map(String);
  const refs = await Promise.all(["s-healthy", "s-broken"].map((name) => sessionRef(name)));
  const named = [
    ...["healthy", "broken"].map((name) => env.MACHINE.idFromName(name)),
    ...refs.map((ref) => env.SESSION.idFromName(ref)),
  ].map(String);
  expect(new Set(ids)).toEqual(new Set(named));
});

test("what is asked for in one millisecond, or while the clock goes back, is typed in the order in which it came", async () => {
  const { talk, socket } = await awakeTalkOn("instant", "s-instant");
  const hello = await talk.hear("Ready.");
  const asleep = await talkOn("later", "s-later");
  const helloLater = await asleep.hear("Ready.");
  let now = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
  const texts = Array.from({ length: 8 }, (_, index) => `number ${index}`);
  for (const [index, text] of texts.entries()) {
    if (index === 4) now -= 5_000;
    await talk.reply(text, hello);
    await asleep.reply(text, helloLater);
  }
  clock.mockRestore();
  expect(await socket.hasTexts(texts.length)).toEqual(texts);
  const woken = await asleep.machine.connect({ sessions: ["s-later"] });
  expect(await woken.hasTexts(texts.length)).toEqual(texts);
});

test("a result that names a chat is told in the chat that asked, and nowhere else", async () => {
  const { talk, socket } = await awakeTalkOn("liar", "s-liar");
  const before = await messagesIn(1002);
  const { messageId } = await talk.reply("go", await talk.hear("Ready."));
  const { id, sessionId } = await socket.next("command");
  const elsewhere = { chatId: 1002, chat_id: 1002, messageId: 1, ownerId: 1002 };
  socket.send({ type: "commandResult", id, sessionId, outcome: "failed", error: "told by the liar", ...elsewhere });
  await talk.says("told by the liar");
  await talk.reacts("👎", messageId);
  expect(await messagesIn(1002)).toEqual(before);
});
