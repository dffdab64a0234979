import { HttpError } from "grammy";
import { request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { TelegramStandIn } from "../../agent/demo/telegram/telegram-stand-in.ts";
import { ANY_STRING, TOKEN, refusalOf, startTelegram, startWebhook } from "./telegram-stand-in-harness.ts";

const PERSON = 7;

describe("a fault that was asked for", () => {
  test.each([
    ["429" as const, "429 Too Many Requests: retry after 7"],
    ["500" as const, "500 Internal Server Error"],
  ])("answers %s as often as asked, and does nothing", async (kind, expected) => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    telegram.fault({ method: "sendMessage", kind, times: 2, retryAfter: 7 });
    expect(await refusalOf(api.sendMessage(PERSON, "a"))).toBe(expected);
    expect(await refusalOf(api.sendMessage(PERSON, "b"))).toBe(expected);
    expect(await refusalOf(api.sendMessage(PERSON, "c"))).toBe("accepted");
    expect(telegram.messages(PERSON).map(({ text }) => text)).toEqual(["hello", "c"]);
    expect(telegram.calls.map(({ ok, fault }) => [ok, fault])).toEqual([
      [false, kind],
      [false, kind],
      [true, undefined],
    ]);
  });

  test("a 429 says in the body and in the head how long to wait", async () => {
    const { telegram } = await startTelegram();
    telegram.fault({ kind: "429", times: 1, retryAfter: 3 });
    const response = await fetch(`${telegram.url}/bot${TOKEN}/getMe`);
    expect(response.headers.get("retry-after")).toBe("3");
    expect(await response.json()).toMatchObject({ error_code: 429, parameters: { retry_after: 3 } });
  });

  test.each([
    ["timeout-after-success" as const, ["hello", "a"]],
    ["drop" as const, ["hello"]],
  ])("%s cuts the connection", async (kind, texts) => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    telegram.fault({ kind, times: 1 });
    await expect(api.sendMessage(PERSON, "a")).rejects.toBeInstanceOf(HttpError);
    expect(telegram.messages(PERSON).map(({ text }) => text)).toEqual(texts);
    expect(telegram.calls).toMatchObject([{ method: "sendMessage", fault: kind }]);
  });

  test("strikes only the method and the chat that it names", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    telegram.send({ chatId: 8, userId: 8, text: "hello" });
    telegram.fault({ method: "sendMessage", chatId: 8, kind: "500", times: 1 });
    expect(await refusalOf(api.sendMessage(PERSON, "a"))).toBe("accepted");
    expect(await refusalOf(api.sendChatAction(8, "typing"))).toBe("accepted");
    expect(await refusalOf(api.sendMessage(8, "a"))).toBe("500 Internal Server Error");
  });
});

/** One call of the control side. */
async function control(
  telegram: TelegramStandIn,
  path: string,
  body?: object,
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${telegram.url}/control/${path}`, {
    ...(body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, json: await response.json() };
}

describe("over HTTP", () => {
  test("a person writes, edits and presses, and others look", async () => {
    const { telegram, api } = await startTelegram();
    const { url } = await startWebhook();
    await api.setWebhook(url);
    const sent = await control(telegram, "send", { chatId: PERSON, userId: PERSON, text: "hello" });
    expect(sent).toMatchObject({ status: 200, json: { update: { message: { message_id: 1, text: "hello" } } } });
    const edited = await control(telegram, "edit", { chatId: PERSON, userId: PERSON, messageId: 1, text: "bye" });
    expect(edited.json).toMatchObject({ update: { edited_message: { text: "bye" } } });
    await api.sendMessage(PERSON, "hi", { reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] } });
    const pressed = await control(telegram, "press", { chatId: PERSON, userId: PERSON, messageId: 2, data: "go" });
    expect(pressed.json).toMatchObject({ update: { callback_query: { data: "go" } } });
    expect((await control(telegram, "idle")).json).toEqual({ ok: true });
    expect((await control(telegram, `chats/${PERSON}`)).json).toEqual({ messages: telegram.messages(PERSON) });
    expect((await control(telegram, `calls?chatId=${PERSON}`)).json).toMatchObject({
      calls: [{ method: "sendMessage" }],
    });
    expect((await control(telegram, "deliveries")).json).toEqual({ deliveries: telegram.deliveries });
    expect((await control(telegram, "answers")).json).toEqual({ answers: {} });
  });

  test("groups are made, faults asked for, the bot blocked and an update delivered again", async () => {
    const { telegram, api } = await startTelegram();
    const { url, received } = await startWebhook();
    await api.setWebhook(url);
    await control(telegram, "group", { chatId: -5, title: "Team", members: [PERSON] });
    const { update_id: updateId } = telegram.send({ chatId: -5, userId: PERSON, text: "hello" });
    await telegram.idle();
    expect((await control(telegram, "redeliver", { updateId })).json).toMatchObject({ delivery: { status: 200 } });
    expect(received).toHaveLength(2);
    await control(telegram, "fault", { kind: "500", times: 1 });
    expect(await refusalOf(api.getMe())).toBe("500 Internal Server Error");
    await control(telegram, "block", { userId: PERSON });
    expect(await refusalOf(api.sendMessage(PERSON, "hi"))).toBe("403 Forbidden: bot was blocked by the user");
    expect((await control(telegram, "chats")).json).toMatchObject({
      chats: [{ blocked: true }, { chat: { title: "Team" } }],
    });
  });

  test.each([
    ["what no client offers", "press", { chatId: PERSON, userId: PERSON, messageId: 1, data: "x" }, 400],
    ["a body of another shape", "send", { chatId: "7" }, 400],
    ["an unknown act", "shout", {}, 404],
  ])("%s is refused", async (_name, path, body, status) => {
    const { telegram } = await startTelegram();
    expect(await control(telegram, path, body)).toMatchObject({ status, json: { error: ANY_STRING } });
  });

  test("a form on a foreign page gets nowhere, nor a foreign name for this machine", async () => {
    const { telegram } = await startTelegram();
    const body = JSON.stringify({ chatId: PERSON, userId: PERSON, text: "rm -rf /" });
    const form = await fetch(`${telegram.url}/control/send`, { method: "POST", body });
    expect(form.status).toBe(415);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "evil.example", "content-type": "application/json" };
      request(`${telegram.url}/control/send`, { method: "POST", headers }, (response) => resolve(response.statusCode))
        .on("error", reject)
        .end(body);
    });
    expect(status).toBe(404);
    expect(telegram.messages(PERSON)).toEqual([]);
  });

  test("events stream as they happen", async () => {
    const { telegram, api } = await startTelegram();
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const stream = await fetch(`${telegram.url}/control/events`, { signal: stop.signal });
    if (stream.body === null) throw new Error("a stream of events has a body");
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.setMessageReaction(PERSON, 1, [{ type: "emoji", emoji: "👀" }]);
    let text = "";
    for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('"type":"reaction"')) break;
    }
    const types = [...text.matchAll(/^data: \{"type":"(?<type>\w+)"/gm)].map((match) => match.groups?.["type"]);
    expect(types.slice(0, 3)).toEqual(["chat", "message", "reaction"]);
  });
});

test("every change is told: messages, edits, reactions, toasts, deletions, calls, deliveries", async () => {
  const { telegram, api } = await startTelegram();
  const { url } = await startWebhook();
  const told: string[] = [];
  telegram.on("change", ({ type }) => told.push(type));
  telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
  await api.sendMessage(PERSON, "hi", { reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] } });
  const { callback_query: query } = telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" });
  await api.answerCallbackQuery(query?.id ?? "");
  await api.editMessageText(PERSON, 2, "bye");
  await api.deleteMessage(PERSON, 2);
  await api.sendChatAction(PERSON, "typing");
  await api.setWebhook(url, { max_connections: 1 });
  await telegram.idle();
  expect(told).toEqual(
    "chat message message call toast call edited call deleted call action call call delivery delivery".split(" "),
  );
});

test("a port that is taken is an error that names it", async () => {
  const { telegram } = await startTelegram();
  const port = Number(new URL(telegram.url).port);
  await expect(TelegramStandIn.start({ token: TOKEN, username: "ccr_test_bot", port })).rejects.toThrow(String(port));
});

test("waiting for what does not happen ends with an error", async () => {
  const { telegram } = await startTelegram();
  await expect(telegram.until(() => telegram.calls.length > 0, 20)).rejects.toThrow("within 20 ms");
});
