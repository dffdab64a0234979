import { expect, test, vi } from "vitest";
import { MINUTE, putForward } from "./support/clock.ts";
import { machineObject, query, sessionObject } from "./support/objects.ts";
import { deliver, request } from "./support/router.ts";
import { awakeTalkOn, talkOn } from "./support/talk.ts";
import { press, rewrite, write } from "./support/telegram.ts";
import { env } from "cloudflare:workers";

async function post(update: unknown): Promise<Response> {
  return request(`/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`, {
    method: "POST",
    headers: { "X-Telegram-Bot-Api-Secret-Token": env.TELEGRAM_WEBHOOK_SECRET },
    body: JSON.stringify(update),
  });
}

/** Whatever the object is asked from here on is an exception that nobody expected. */
async function breakSession(sessionId: string): Promise<void> {
  await query(await sessionObject(sessionId), "ALTER TABLE command RENAME TO hidden");
}

async function mendSession(sessionId: string): Promise<void> {
  await query(await sessionObject(sessionId), "ALTER TABLE hidden RENAME TO command");
}

const LATE = 6 * MINUTE;
const BROKEN = "Something in the router is broken, and this message was not carried out. Its log says more.";

test("while an object throws, an update is 503 with Retry-After and nothing is recorded; mended, it is carried out once", async () => {
  const { talk, socket } = await awakeTalkOn("broken", "s-broken");
  const hello = await talk.hear("Ready.");
  await breakSession("s-broken");
  const update = await write({ chatId: talk.chatId, userId: talk.chatId, text: "ls", replyTo: hello.message_id });
  for (let n = 0; n < 2; n++) {
    const response = await post(update);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await response.json()).toEqual({ error: "the router cannot take this now" });
  }
  await mendSession("s-broken");
  expect((await talk.again(update)).status).toBe(200);
  await socket.next("command");
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});

test("after five minutes an update that still throws is let go: 200, an error in the log, and the user told", async () => {
  const talk = await talkOn("bug", "s-bug");
  const hello = await talk.hear("Ready.");
  await breakSession("s-bug");
  const update = await write({ chatId: talk.chatId, userId: talk.chatId, text: "ls", replyTo: hello.message_id });
  const log = vi.spyOn(console, "error");
  putForward(LATE);
  expect(await deliver(update)).toMatchObject({
    status: 200,
    said: { text: BROKEN, chat_id: talk.chatId, reply_parameters: { message_id: hello.message_id + 1 } },
  });
  expect(log.mock.calls.flat().join()).toContain("webhook.failed");
  log.mockRestore();
});

test("an edit has its own five minutes", async () => {
  const talk = await talkOn("old-edit", "s-old-edit");
  const { messageId } = await talk.reply("ls", await talk.hear("Ready."));
  await breakSession("s-old-edit");
  const update = await rewrite({ chatId: talk.chatId, userId: talk.chatId, messageId, text: "ls -l" });
  const edited: unknown = { ...Object(update["edited_message"]), date: Math.floor(Date.now() / 1_000) - 3_600 };
  expect((await post({ ...update, edited_message: edited })).status).toBe(503);
  putForward(LATE);
  expect((await post({ ...update, edited_message: edited })).status).toBe(200);
});

test("a press is 503 for as long as the object throws: Telegram itself gives it up", async () => {
  const talk = await talkOn("stuck", "s-stuck");
  const hello = await talk.hear("Ready.");
  const { body } = await talk.machine.notify("s-stuck", "again");
  await breakSession("s-stuck");
  const data = `cmd:${String(body["token"])}:continue`;
  const { chatId } = talk;
  const update = await press({ chatId, userId: chatId, messageId: hello.message_id, data, forged: true });
  expect((await post(update)).status).toBe(503);
  putForward(LATE);
  expect((await post(update)).status).toBe(503);
});

test("an object that is overloaded or unreachable is 503, however old the update is", async () => {
  const talk = await talkOn("busy", "s-busy");
  const hello = await talk.hear("Ready.");
  const update = await write({ chatId: talk.chatId, userId: talk.chatId, text: "ls", replyTo: hello.message_id });
  putForward(LATE);
  const calls = { overloaded: 0, retryable: 0 };
  for (const flag of ["overloaded", "retryable"] as const) {
    const away = vi.spyOn(env.SESSION, "getByName").mockImplementation(() => {
      calls[flag] += 1;
      throw Object.assign(new Error("away"), { [flag]: true });
    });
    const response = await post(update);
    away.mockRestore();
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).not.toBeNull();
  }
  // What is only out of reach is tried again with fresh stubs; what has too much to do is left alone.
  expect(calls).toEqual({ overloaded: 1, retryable: 3 });
  expect((await post(update)).status).toBe(200);
});

test("while the machine's object throws, a command is 200 and told as queued, and the alarm offers it again", async () => {
  const { talk, socket } = await awakeTalkOn("lost", "s-lost");
  const hello = await talk.hear("Ready.", {
    replyMarkup: { inline_keyboard: [[{ text: "Continue", callback_data: "cmd:TOKEN:continue" }]] },
  });
  await query(machineObject("lost"), "ALTER TABLE queue RENAME TO hidden");
  expect(await talk.press("Continue", hello)).toMatchObject({ status: 200, said: "lost sleeps: queued" });
  await talk.later(2_000);
  expect(socket.commands()).toEqual([]);
  await query(machineObject("lost"), "ALTER TABLE hidden RENAME TO queue");
  await talk.later(10_000);
  expect((await socket.next("command")).command).toBe("continue");
});
