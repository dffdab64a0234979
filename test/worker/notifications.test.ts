import { expect, test } from "vitest";
import { HOUR } from "./support/clock.ts";
import { OWNER, pairMachine } from "./support/machine.ts";
import { asAgent, evictAll, request } from "./support/router.ts";
import { buttonsOf, talkOn } from "./support/talk.ts";
import { block, callsIn, fault, messagesIn, type SentMessage } from "./support/telegram.ts";
import { until } from "./support/until.ts";
import { anyNumber, anyText, containing } from "./support/matching.ts";

function linkOf(message: SentMessage): { offset: number; length: number; url: string | undefined } | undefined {
  const [first] = message.entities;
  return first?.type === "text_link" ? { offset: first.offset, length: first.length, url: first.url } : undefined;
}

const BUTTON = { replyMarkup: { inline_keyboard: [[{ text: "Go on", callback_data: "cmd:TOKEN:continue" }]] } };

test("a notification is 200 with its message, and the first line is a link that carries the token", async () => {
  const talk = await talkOn("plain", "s-plain", { label: "api (main)" });
  await evictAll();
  const { status, body } = await talk.machine.notify("s-plain", "All *green*.", { sign: "done", subject: "tests" });
  expect(status).toBe(200);
  expect(body).toEqual({
    ok: true,
    messageId: anyNumber(),
    messageIds: [body["messageId"]],
    token: anyText(),
  });
  const message = await talk.bubble(Number(body["messageId"]));
  expect(message.text).toBe("✅ plain · api (main): tests\nAll *green*.");
  expect(linkOf(message)).toEqual({
    offset: 0,
    length: message.text.indexOf("\n"),
    url: `https://t.me/ccr_test_bot?start=${String(body["token"])}`,
  });
  const next = await talk.machine.notify("s-plain", "Again.");
  expect(next.body["token"]).toBe(body["token"]);
});

test("a long text becomes several messages: each with the header link, the buttons on the last, one sound", async () => {
  const talk = await talkOn("long", "s-long");
  const paragraphs = Array.from({ length: 200 }, (_, n) => `Paragraph ${n}: ${"word ".repeat(10)}`);
  await evictAll();
  const { status, body } = await talk.machine.notify("s-long", paragraphs.join("\n\n"), BUTTON);
  expect(status).toBe(200);
  const ids: unknown[] = Array.isArray(body["messageIds"]) ? body["messageIds"] : [];
  expect(ids.length).toBeGreaterThan(2);
  expect(ids.at(-1)).toBe(body["messageId"]);
  const messages = await Promise.all(ids.map((id) => talk.bubble(Number(id))));
  for (const message of messages) {
    expect(message.text.length).toBeLessThanOrEqual(4096);
    expect(linkOf(message)?.url).toBe(`https://t.me/ccr_test_bot?start=${String(body["token"])}`);
  }
  expect(messages.map(buttonsOf)).toEqual(messages.map((_, index) => (index === messages.length - 1 ? ["Go on"] : [])));
  const text = messages.map((message) => message.text.slice(message.text.indexOf("\n") + 1)).join("\n\n");
  for (const paragraph of paragraphs) expect(text).toContain(paragraph.trim());
  const silent = (await callsIn(talk.chatId))
    .filter(({ method, payload }) => method === "sendMessage" && String(payload["text"]).includes("Paragraph"))
    .map(({ payload }) => payload["disable_notification"]);
  expect(silent).toEqual(messages.map((_, index) => index > 0));
});

test("markdown becomes entities, and a header link inside an answer loses its address", async () => {
  const talk = await talkOn("marked", "s-marked");
  const victim = await talkOn("victim", "s-victim");
  const token = String((await victim.machine.notify("s-victim", "Hi.")).body["token"]);
  const link = `https://t.me/ccr_test_bot?start=${token}`;
  const message = await talk.hear(`**Bold** and [a link](${link}) and ${link}`, { format: "markdown" });
  expect(message.entities.filter(({ type }) => type === "bold")).toHaveLength(1);
  expect(message.entities.filter(({ type }) => type === "text_link")).toHaveLength(1);
  expect(linkOf(message)?.url).not.toBe(link);
  const socket = await victim.machine.connect({ sessions: ["s-victim"] });
  const own = await talk.machine.connect({ sessions: ["s-marked"] });
  await talk.reply("who gets this?", message);
  expect((await own.next("command")).sessionId).toBe("s-marked");
  await socket.settled();
  expect(socket.commands()).toEqual([]);
});

test("a link that Telegram does not take keeps no answer back, nor its formatting", async () => {
  const talk = await talkOn("local", "s-local");
  const message = await talk.hear("**Look** at [the page](http://localhost:3000/x).", { format: "markdown" });
  expect(message.text.endsWith("\nLook at the page.")).toBe(true);
  expect(message.entities.map(({ type }) => type)).toEqual(["text_link", "bold"]);
});

test("silent means no sound", async () => {
  const talk = await talkOn("hush", "s-hush");
  await talk.hear("Psst.", { silent: true });
  const call = (await callsIn(talk.chatId)).find(({ payload }) => String(payload["text"]).includes("Psst."));
  expect(call?.payload["disable_notification"]).toBe(true);
});

test("the keyboard leaves the turn before; a question and a note leave it where it is", async () => {
  const talk = await talkOn("retire", "s-retire");
  const first = await talk.hear("First.", BUTTON);
  await talk.hear("May I?", { question: { nonce: "q1", remainingMs: HOUR } });
  expect(buttonsOf(await talk.bubble(first.message_id))).toEqual(["Go on"]);
  const second = await talk.hear("Second.", BUTTON);
  expect(buttonsOf(await talk.bubble(first.message_id))).toEqual([]);
  expect(buttonsOf(await talk.bubble(second.message_id))).toEqual(["Go on"]);
});

test("the keyboard leaves the turn before in the end, where Telegram does not take that at first", async () => {
  const talk = await talkOn("stubborn-turn", "s-stubborn-turn");
  const first = await talk.hear("First turn.", BUTTON);
  await fault({ method: "editMessageReplyMarkup", chatId: talk.chatId, kind: "500", times: 1 });
  const second = await talk.hear("Second turn.", BUTTON);
  expect(buttonsOf(await talk.bubble(first.message_id))).toEqual(["Go on"]);
  await talk.later(10_000);
  await until("they left", async () => buttonsOf(await talk.bubble(first.message_id)).length === 0);
  expect(buttonsOf(await talk.bubble(second.message_id))).toEqual(["Go on"]);
  const third = await talk.hear("Third turn.", BUTTON);
  expect(buttonsOf(await talk.bubble(second.message_id))).toEqual([]);
  expect(buttonsOf(third)).toEqual(["Go on"]);
});

test("the same id sends nothing twice: not later, not at the same time, not after 47 hours", async () => {
  const talk = await talkOn("same", "s-same");
  const send = async (): Promise<{ status: number; body: Record<string, unknown> }> =>
    talk.machine.notify("s-same", "Only once.", { id: "n-1" });
  const answers = await Promise.all([send(), send(), send()]);
  expect(new Set(answers.map(({ body }) => body["messageId"])).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await talk.later(47 * HOUR);
  expect((await send()).body["messageId"]).toBe(answers[0]?.body["messageId"]);
  expect(await talk.timesSent("Only once.")).toBe(1);
  // Forgotten after 48 hours, once somebody looks.
  await talk.later(8 * HOUR);
  await send();
  expect(await talk.timesSent("Only once.")).toBe(2);
});

test("where the first try fails the answer is 202, and the same id tells later what became of it", async () => {
  const talk = await talkOn("later", "s-later");
  await fault({ method: "sendMessage", chatId: OWNER, kind: "500", times: 1 });
  const send = async (): Promise<{ status: number; body: Record<string, unknown> }> =>
    talk.machine.notify("s-later", "Some time.", { id: "n-2" });
  const first = await send();
  expect(first).toEqual({ status: 202, body: { ok: true, queued: true, token: anyText() } });
  await evictAll();
  await talk.later(10_000);
  const message = await talk.says("Some time.");
  expect(await send()).toMatchObject({
    status: 200,
    body: { messageId: message.message_id, token: first.body["token"] },
  });
});

test("a chat that refuses for good is 410, also for the same id again", async () => {
  const talk = await talkOn("blocked", "s-blocked", {}, 1003);
  await block(1003);
  for (let n = 0; n < 2; n++) {
    await evictAll();
    expect(await talk.machine.notify("s-blocked", "Anyone?", { id: "n-3" })).toEqual({
      status: 410,
      body: { error: containing("bot was blocked by the user") },
    });
  }
  expect(await talk.timesSent("Anyone?")).toBe(1);
});

test.each([
  { what: "callback data of another form", data: "continue", says: "cmd:TOKEN:action" },
  { what: "a real token", data: `cmd:${"A".repeat(28)}:continue`, says: "cmd:TOKEN:action" },
  { what: "an empty action", data: "cmd:TOKEN:", says: "cmd:TOKEN:action" },
  { what: "an action of the router's", data: "cmd:TOKEN:!cancel", says: "begin with !" },
  { what: "an action over 31 bytes", data: `cmd:TOKEN:${"ä".repeat(16)}`, says: "31 bytes" },
  { what: "an answer without a question", data: "cmd:TOKEN:?q.yes", says: "goes with its question" },
])("$what is 400, and nothing is sent", async ({ data, says }) => {
  const talk = await talkOn("keys", "s-keys");
  const replyMarkup = { inline_keyboard: [[{ text: "Press", callback_data: data }]] };
  const { status, body } = await talk.machine.notify("s-keys", "Press me.", { replyMarkup });
  expect({ status, error: String(body["error"]) }).toEqual({ status: 400, error: containing(says) });
  expect((await messagesIn(OWNER)).filter(({ text }) => text.includes("Press me."))).toEqual([]);
});

test("an answer to another question is 400", async () => {
  const talk = await talkOn("wrong-q", "s-wrong-q");
  const replyMarkup = { inline_keyboard: [[{ text: "Yes", callback_data: "cmd:TOKEN:?other.yes" }]] };
  const question = { nonce: "mine", remainingMs: HOUR };
  expect((await talk.machine.notify("s-wrong-q", "Well?", { replyMarkup, question })).status).toBe(400);
});

test.each([
  { what: "no text", body: { sessionId: "s-bad" } },
  { what: "an empty text", body: { sessionId: "s-bad", text: "" } },
  { what: "no session", body: { text: "hi" } },
  { what: "an unknown format", body: { sessionId: "s-bad", text: "hi", format: "html" } },
  { what: "a list", body: [] },
])("a notification with $what is 400 with a reason", async ({ body }) => {
  const machine = await pairMachine("strict");
  const answer = await asAgent(machine.key, "POST", "/notifications/send", body);
  expect(answer).toEqual({ status: 400, body: { error: anyText() } });
});

test("a body that is no JSON is 400, one over 256 KB is 413", async () => {
  const machine = await pairMachine("big");
  const send = async (body: string): Promise<number> =>
    (
      await request("/notifications/send", {
        method: "POST",
        headers: { Authorization: `Bearer ${machine.key}` },
        body,
      })
    ).status;
  expect(await send("{")).toBe(400);
  expect(await send(JSON.stringify({ sessionId: "s", text: "x".repeat(256 * 1024) }))).toBe(413);
});

test("a chat that is not the owner's is 403", async () => {
  const talk = await talkOn("nosy", "s-nosy");
  for (const chatId of [1002, -4242])
    expect((await talk.machine.notify("s-nosy", "Hello there.", { chatId })).status).toBe(403);
  expect((await talk.machine.notify("s-nosy", "Hello me.", { chatId: OWNER })).status).toBe(200);
});

test("a session that nobody registered, or that ended, is 404; another machine's is 409; another owner's is 403", async () => {
  const talk = await talkOn("ours", "s-ours");
  const second = await pairMachine("second");
  const foreign = await pairMachine("foreign", 1002);
  expect((await talk.machine.notify("s-never", "Hi.")).status).toBe(404);
  expect((await second.notify("s-ours", "Hi.")).status).toBe(409);
  expect((await foreign.notify("s-ours", "Hi.")).status).toBe(403);
  await talk.machine.unregister("s-ours");
  await evictAll();
  expect(await talk.machine.notify("s-ours", "Hi.")).toEqual({
    status: 404,
    body: { error: "this session is not registered: register it, then send again" },
  });
});

test.each([
  { what: "no key", headers: {}, status: 401 },
  { what: "a key of the wrong form", headers: { Authorization: "Bearer nonsense" }, status: 401 },
  {
    what: "a key with a wrong MAC",
    headers: { Authorization: `Bearer ccr1.devbox.${"A".repeat(43)}.${"A".repeat(22)}` },
    status: 401,
  },
])("$what is 401 on every route for agents", async ({ headers, status }) => {
  for (const [method, path] of [
    ["POST", "/sessions/register"],
    ["POST", "/sessions/unregister"],
    ["POST", "/notifications/send"],
    ["POST", "/questions/close"],
    ["GET", "/sessions"],
    ["GET", "/sessions/s-1"],
    ["GET", "/machines/devbox"],
  ] as const) {
    const response = await request(path, { method, headers, ...(method === "POST" ? { body: "{" } : {}) });
    expect({ path, status: response.status }).toEqual({ path, status });
    expect(await response.json()).toEqual({ error: anyText() });
  }
});
