import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  gate,
  refusalOf,
  startTelegram,
  startWebhook,
  stopTelegram,
  textHolding,
} from "./telegram-stand-in-harness.ts";

const PERSON = 7;
const OTHER = 8;
const send = (text: string, userId = PERSON) => ({ chatId: userId, userId, text });

describe("an update", () => {
  test("is posted with the secret, and waits where no webhook is set", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook();
    const update = telegram.send(send("before"));
    expect(await api.getWebhookInfo()).toMatchObject({ url: "", pending_update_count: 1 });
    await api.setWebhook(url, { secret_token: "s3cret" });
    await telegram.idle();
    expect(received).toMatchObject([{ update, headers: { "x-telegram-bot-api-secret-token": "s3cret" } }]);
    expect(await api.getWebhookInfo()).toMatchObject({ url, pending_update_count: 0 });
  });

  test("that waits is dropped only where that is asked for", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook();
    telegram.send(send("dropped"));
    await api.setWebhook(url, { drop_pending_updates: true });
    telegram.send(send("kept"));
    await telegram.idle();
    expect(received.map(({ update }) => update.message?.text)).toEqual(["kept"]);
  });

  test("of a kind that is not wanted does not come", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook();
    await api.setWebhook(url, { allowed_updates: ["message"] });
    telegram.send(send("one"));
    telegram.edit({ chatId: PERSON, userId: PERSON, messageId: 1, text: "two" });
    await telegram.idle();
    expect(received).toHaveLength(1);
  });

  test("waits for the one before it in its chat, while other chats go on and a press overtakes", async () => {
    const { telegram, api } = await startTelegram();
    const first = gate();
    const { url, received } = await startWebhook(async (update) => {
      if (update.message?.text === "first") await first.opened;
      return {};
    });
    telegram.send(send("hello"));
    await api.sendMessage(PERSON, "hi", { reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] } });
    await api.setWebhook(url);
    await telegram.idle();
    telegram.send(send("first"));
    telegram.send(send("second"));
    telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" });
    telegram.send(send("elsewhere", OTHER));
    const texts = () => received.map(({ update }) => update.message?.text ?? "press");
    await telegram.until(() => texts().length === 4 && telegram.deliveries.length === 3);
    expect(texts().slice(1).toSorted()).toEqual(["elsewhere", "first", "press"]);
    first.open();
    await telegram.idle();
    expect(texts().at(-1)).toBe("second");
  });

  test("that fails is posted again, the same to the byte, until it is taken; then the next one comes", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook((_update, before) =>
      before < 2 ? { status: 503, headers: { "retry-after": "1" } } : before === 2 ? undefined : { status: 204 },
    );
    await api.setWebhook(url);
    const { update_id: updateId } = telegram.send(send("one"));
    telegram.send(send("two"));
    telegram.send(send("three"));
    await telegram.idle();
    expect(received.map(({ update }) => update.message?.text)).toEqual(["one", "one", "one", "one", "two", "three"]);
    expect(new Set(received.slice(0, 4).map(({ body }) => body)).size).toBe(1);
    const attempts = telegram.deliveries.filter(({ update_id }) => update_id === updateId);
    expect(attempts.map(({ status, attempt }) => [status, attempt])).toEqual([
      [503, 1],
      [503, 2],
      [0, 3],
      [204, 4],
    ]);
    expect(await api.getWebhookInfo()).toMatchObject({
      last_error_message: textHolding("Connection failed"),
    });
  });

  test("waits as long as Retry-After says", async () => {
    const { telegram, api } = await startTelegram({ retryScale: 0.05 });
    const { url } = await startWebhook((_update, before) =>
      before === 0 ? { status: 503, headers: { "retry-after": "3" } } : {},
    );
    await api.setWebhook(url);
    telegram.send(send("one"));
    await telegram.idle();
    const [first, second] = telegram.deliveries;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(149);
  });

  test("is given up on: a press after 150 seconds, a message after a day", async () => {
    let now = Date.now();
    const { telegram, api } = await startTelegram({ now: () => now });
    const { url, received } = await startWebhook((update) => {
      now += update.callback_query ? 100_000 : 13 * 60 * 60_000;
      return { status: 500 };
    });
    telegram.send(send("hello"));
    await api.sendMessage(PERSON, "hi", { reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] } });
    await api.setWebhook(url);
    await telegram.idle();
    expect(received).toHaveLength(2);
    telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" });
    await telegram.idle();
    expect(received).toHaveLength(4);
    expect(await api.getWebhookInfo()).toMatchObject({
      pending_update_count: 0,
      last_error_message: "Wrong response from the webhook: 500 Internal Server Error",
    });
  });

  test("that gets no answer in time is posted again", async () => {
    const { telegram, api } = await startTelegram({ answerWithin: 1_000 });
    const never = gate();
    const { url } = await startWebhook(async (_update, before) => {
      if (before === 0) await never.opened;
      return {};
    });
    await api.setWebhook(url);
    telegram.send(send("one"));
    await telegram.idle();
    expect(telegram.deliveries.map(({ status }) => status)).toEqual([0, 200]);
  });

  test("can be delivered once more", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook();
    await api.setWebhook(url);
    const { update_id } = telegram.send(send("one"));
    await telegram.idle();
    expect(await telegram.redeliver(update_id)).toMatchObject({ update_id, status: 200 });
    expect(received[1]?.body).toBe(received[0]?.body);
    await expect(telegram.redeliver(1)).rejects.toThrow("no update 1");
  });

  test("is followed by no redirect", async () => {
    const { telegram, api } = await startTelegram();
    const elsewhere = await startWebhook();
    const { url } = await startWebhook((_update, before) =>
      before === 0 ? { status: 307, headers: { location: elsewhere.url } } : {},
    );
    await api.setWebhook(url);
    telegram.send(send("one"));
    await telegram.idle();
    expect(elsewhere.received).toEqual([]);
    expect(telegram.deliveries.map(({ status }) => status)).toEqual([307, 200]);
  });
});

describe("a method in the answer to an update", () => {
  const json = { "content-type": "application/json" };
  const answer = (body: object, headers: Record<string, string> = json) => ({ headers, body: JSON.stringify(body) });

  test("is executed before the delivery is over", async () => {
    const { telegram, api } = await startTelegram();
    const { url } = await startWebhook(() => answer({ method: "sendMessage", chat_id: PERSON, text: "help" }));
    await api.setWebhook(url);
    telegram.send(send("hello"));
    await telegram.idle();
    expect(telegram.messages(PERSON).map(({ text }) => text)).toEqual(["hello", "help"]);
    expect(telegram.calls.at(-1)).toMatchObject({ method: "sendMessage", ok: true, via: "webhook" });
  });

  test("that is refused is noted, and the update counts as taken", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook(() => answer({ method: "sendMessage", chat_id: 99, text: "help" }));
    await api.setWebhook(url);
    telegram.send(send("hello"));
    await telegram.idle();
    expect(received).toHaveLength(1);
    expect(telegram.calls.at(-1)).toMatchObject({
      ok: false,
      error_code: 400,
      description: "Bad Request: chat not found",
    });
  });

  test.each([
    ["that asks for something", answer({ method: "getMe" })],
    ["that changes the webhook", answer({ method: "deleteWebhook" })],
    [
      "that does not say it is JSON",
      answer({ method: "sendMessage", chat_id: PERSON, text: "x" }, { "content-type": "text/plain" }),
    ],
    ["in an error", { ...answer({ method: "sendMessage", chat_id: PERSON, text: "x" }), status: 400 }],
    ["that is no method", answer({ hello: "world" })],
    ["that is no JSON", { headers: json, body: "{" }],
  ])("%s is not executed", async (_name, reply) => {
    const { telegram, api } = await startTelegram();
    const { url } = await startWebhook((_update, before) => (before === 0 ? reply : {}));
    await api.setWebhook(url);
    telegram.send(send("hello"));
    await telegram.idle();
    expect(telegram.calls.map(({ method }) => method)).toEqual(["setWebhook"]);
  });
});

describe("getUpdates", () => {
  test("is refused while a webhook is set, and brings what waits once it is gone", async () => {
    const { telegram, api } = await startTelegram();
    await api.setWebhook("https://example.com/hook");
    expect(await refusalOf(api.getUpdates())).toMatch(
      /^409 Conflict: can't use getUpdates method while webhook is active/,
    );
    await api.deleteWebhook();
    const first = telegram.send(send("one"));
    const second = telegram.send(send("two"));
    expect(await api.getUpdates()).toEqual([first, second]);
    expect(await api.getUpdates({ offset: first.update_id + 1 })).toEqual([second]);
    expect(await api.getUpdates({ offset: second.update_id + 1 })).toEqual([]);
    expect(await api.getWebhookInfo()).toMatchObject({ pending_update_count: 0 });
  });

  test("waits for an update", async () => {
    const { telegram, api } = await startTelegram();
    const waiting = api.getUpdates({ timeout: 10 });
    await api.getMe();
    const update = telegram.send(send("one"));
    expect(await waiting).toEqual([update]);
  });

  test("gives way to another one, and to a webhook", async () => {
    const { telegram, api } = await startTelegram();
    const first = refusalOf(api.getUpdates({ timeout: 10 }));
    await api.getMe();
    const second = refusalOf(api.getUpdates({ timeout: 10 }));
    expect(await first).toMatch(/^409 Conflict: terminated by other getUpdates request/);
    await api.setWebhook("https://example.com/hook");
    expect(await second).toBe("409 Conflict: terminated by setWebhook request");
    expect(telegram.calls.filter(({ error_code }) => error_code === 409)).toHaveLength(2);
  });
});

test("a webhook can be set once, set again the same, and taken away", async () => {
  const { telegram } = await startTelegram();
  const say = async (method: string) => {
    const response = await fetch(`${telegram.url}/bot${telegram.token}/${method}`);
    return response.json();
  };
  const set = "setWebhook?url=https://example.com/hook&secret_token=abc";
  expect(await say(set)).toEqual({ ok: true, result: true, description: "Webhook was set" });
  expect(await say(set)).toEqual({ ok: true, result: true, description: "Webhook is already set" });
  expect(await say("deleteWebhook")).toEqual({ ok: true, result: true, description: "Webhook was deleted" });
  expect(await say("deleteWebhook")).toEqual({ ok: true, result: true, description: "Webhook is already deleted" });
});

test("a restart forgets nothing: chats, messages, toasts, the webhook, and what was not delivered", async () => {
  const persist = await mkdtemp(join(tmpdir(), "stand-in-"));
  onTestFinished(() => rm(persist, { recursive: true, force: true }));
  const { url, received } = await startWebhook((_update, before) => (before === 0 ? { status: 503 } : {}));
  const before = await startTelegram({ persist, retryScale: 1_000_000 });
  before.telegram.createGroup({ chatId: -5, title: "Team", members: [PERSON] });
  before.telegram.send(send("hello"));
  await before.api.sendMessage(PERSON, "hi", {
    reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] },
  });
  await before.api.getUpdates({ offset: -1 });
  const query = before.telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" }).callback_query;
  await before.api.answerCallbackQuery(query?.id ?? "", { text: "done" });
  const messages = before.telegram.messages(PERSON);
  await before.api.setWebhook(url, { secret_token: "s3cret", drop_pending_updates: true });
  const update = before.telegram.send({ chatId: -5, userId: PERSON, text: "to be delivered" });
  await before.telegram.until(() => received.length === 1);
  await stopTelegram(before.telegram);

  const { telegram, api } = await startTelegram({ persist });
  await telegram.idle();
  expect(received.at(-1)?.update).toEqual(update);
  expect(received.at(-1)?.headers).toMatchObject({ "x-telegram-bot-api-secret-token": "s3cret" });
  expect(telegram.messages(PERSON)).toEqual(messages);
  expect(telegram.answers.get(query?.id ?? "")).toMatchObject({ text: "done" });
  expect(telegram.send(send("next")).update_id).toBe(update.update_id + 1);
  expect((await api.sendMessage(-5, "hi")).chat).toMatchObject({ title: "Team" });
});
