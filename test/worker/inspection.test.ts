import { expect, test } from "vitest";
import { HOUR } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { asAgent, evictAll } from "./support/router.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";
import { anyNumber } from "./support/matching.ts";

test("inspection counts everything, shows the last outcomes, and never a token or a text", async () => {
  const { talk, socket } = await awakeTalkOn("seen", "s-seen", { label: "api" });
  const button = { replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:continue" }]] } };
  const hello = await talk.hear("Ready.", button);
  await talk.hear("May I?", { question: { nonce: "q1", remainingMs: HOUR } });
  const token = String(
    (await talk.machine.notify("s-seen", "Again.", { id: "n1", question: { nonce: "q2", remainingMs: HOUR } })).body[
      "token"
    ],
  );
  const done = await talk.reply("canary-text", hello);
  await socket.carryOut(await socket.next("command"), "accepted");
  const failed = await talk.reply("canary-text too", hello);
  await socket.carryOut(await socket.next("command"), "failed", "the terminal is gone");
  await talk.reply("canary-text three", hello);
  await talk.says("Not typed");
  await evictAll();
  const { status, body } = await talk.inspect();
  expect(status).toBe(200);
  expect(body).toEqual({
    sessionId: "s-seen",
    machineId: "seen",
    label: "api",
    registeredAt: anyNumber(),
    endedAt: null,
    tokens: 1,
    messages: 2,
    questions: 2,
    commands: { accepted: 1, failed: 1, offered: 1 },
    lastOutcomes: [
      { name: failed.name, outcome: "failed", error: "the terminal is gone" },
      { name: done.name, outcome: "accepted", error: null },
    ],
  });
  expect(JSON.stringify(body)).not.toContain("canary-text");
  expect(JSON.stringify(body)).not.toContain(token);
});

test("a session id may hold what a path must encode", async () => {
  const machine = await pairMachine("coded");
  await machine.register("a:b.c");
  for (const path of ["/sessions/a:b.c", "/sessions/a%3Ab.c"])
    expect((await asAgent(machine.key, "GET", path)).body["sessionId"]).toBe("a:b.c");
  for (const path of ["/sessions/a%20b", "/sessions/%E0%A4%A", "/sessions/-x"])
    expect((await asAgent(machine.key, "GET", path)).status).toBe(400);
});

test("a session is seen by the machine that holds it, and by no other", async () => {
  const talk = await talkOn("holder", "s-held");
  const other = await pairMachine("other");
  const foreign = await pairMachine("foreign", 1002);
  expect((await asAgent(other.key, "GET", "/sessions/s-held")).status).toBe(409);
  expect((await asAgent(foreign.key, "GET", "/sessions/s-held")).status).toBe(403);
  expect((await asAgent(other.key, "GET", "/sessions/s-unheard-of")).status).toBe(404);
  expect((await asAgent(other.key, "GET", "/machines/holder")).status).toBe(403);
  await talk.machine.unregister("s-held");
  expect((await talk.inspect()).body["endedAt"]).toEqual(anyNumber());
  expect((await asAgent(other.key, "GET", "/sessions/s-held")).status).toBe(404);
});

test("a machine's sessions are listed with what waits for each", async () => {
  const talk = await talkOn("lists", "s-one");
  await talk.machine.register("s-two", { label: "two" });
  await talk.reply("wait", await talk.hear("Ready."));
  await evictAll();
  expect(await asAgent(talk.machine.key, "GET", "/sessions")).toEqual({
    status: 200,
    body: {
      sessions: [
        { sessionId: "s-one", label: "s-one", queued: 1 },
        { sessionId: "s-two", label: "two", queued: 0 },
      ],
    },
  });
});
