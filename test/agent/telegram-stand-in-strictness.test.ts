import type { Api } from "grammy";
import { describe, expect, test } from "vitest";
import { refusalOf, startTelegram, TOKEN } from "./telegram-stand-in-harness.ts";

const PERSON = 7;

/** A private chat with a message of the person (1) and one of the bot (2). */
async function startChat(): Promise<Awaited<ReturnType<typeof startTelegram>>> {
  const started = await startTelegram();
  started.telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
  await started.api.sendMessage(PERSON, "hi", { reply_markup: keyboard({ text: "Go", callback_data: "go" }) });
  return started;
}

/** Written as any bot could send it: grammY's types would not let the mistakes pass. */
function call(api: Api, method: string, payload: Record<string, unknown>): Promise<unknown> {
  const raw: unknown = Reflect.get(api.raw, method);
  if (typeof raw !== "function") throw new TypeError(`grammY has no method ${method}`);
  return Promise.resolve<unknown>(Reflect.apply(raw, undefined, [payload]));
}

function keyboard(button: object): { inline_keyboard: never[][] } {
  const row: never[] = [];
  Reflect.set(row, 0, button);
  return { inline_keyboard: [row] };
}

const link = (url: string) => [{ type: "text_link", offset: 0, length: 1, url }];
const bold = (offset: number, length: number) => [{ type: "bold", offset, length }];

describe("sendMessage is refused with Telegram's own words", () => {
  test.each([
    ["no text", { text: "" }, "400 Bad Request: message text is empty"],
    ["blank text", { text: " \n " }, "400 Bad Request: text must be non-empty"],
    ["4097 characters", { text: "x".repeat(4097) }, "400 Bad Request: message is too long"],
    ["4096 characters", { text: "x".repeat(4096) }, "accepted"],
    ["4097 characters of which one is trimmed", { text: ` ${"x".repeat(4096)}` }, "accepted"],
    ["over 32 KB", { text: "ä".repeat(17_000) }, "400 Bad Request: text is too long"],
    ["half a surrogate pair", { text: "a\ud83d" }, "400 Bad Request: strings must be encoded in UTF-8"],
    ["no chat", { chat_id: "" }, "400 Bad Request: chat_id is empty"],
    ["a chat in which nobody wrote", { chat_id: 99 }, "400 Bad Request: chat not found"],
    ["a chat by name", { chat_id: "@someone" }, "400 Bad Request: chat not found"],
    ["a topic in a chat without topics", { message_thread_id: 5 }, "400 Bad Request: message thread not found"],
    ["an unknown parameter", { colour: "red" }, "accepted"],
    [
      "a parse_mode",
      { parse_mode: "HTML" },
      "400 Bad Request: the stand-in for Telegram reads no parse_mode: send entities",
    ],
    [
      "a reply to nothing",
      { reply_parameters: { message_id: 50 } },
      "400 Bad Request: message to be replied not found",
    ],
    ["a reply without a message", { reply_parameters: { a: 1 } }, '400 Bad Request: can\'t find field "message_id"'],
    [
      "a reply to nothing that need not be one",
      { reply_parameters: { message_id: 50, allow_sending_without_reply: true } },
      "accepted",
    ],
    ["a reply in the old way", { reply_to_message_id: 50 }, "400 Bad Request: message to be replied not found"],
  ])("%s", async (_name, payload, expected) => {
    const { api } = await startChat();
    expect(await refusalOf(call(api, "sendMessage", { chat_id: PERSON, text: "text", ...payload }))).toBe(expected);
  });
});

describe("entities are refused", () => {
  test.each([
    [
      "beyond the end",
      bold(2, 9),
      "400 Bad Request: entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 11",
    ],
    ["behind the end", bold(6, 1), "400 Bad Request: entity begins after the end of the text at UTF-16 offset 6"],
    ["before the beginning", bold(-1, 2), "400 Bad Request: receive an entity with incorrect offset -1"],
    [
      "in the middle of a symbol",
      bold(1, 2),
      "400 Bad Request: entity begins in a middle of a UTF-16 symbol at byte offset 4",
    ],
    [
      "to the middle of a symbol",
      bold(0, 1),
      "400 Bad Request: entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4",
    ],
    ["of no length, silently", bold(1, 0), "accepted"],
    [
      "of an unknown type",
      [{ type: "blink", offset: 0, length: 1 }],
      "400 Bad Request: can't parse MessageEntity: Unsupported type specified",
    ],
    [
      "without a length",
      [{ type: "bold", offset: 0 }],
      "400 Bad Request: can't parse MessageEntity: Can't find field \"length\"",
    ],
    [
      "with a script for a link",
      link("javascript:alert(1)"),
      "400 Bad Request: entity URL 'javascript:alert(1)' is invalid: Wrong HTTP URL",
    ],
    [
      "with a file for a link",
      link("file:///etc/passwd"),
      "400 Bad Request: entity URL 'file:///etc/passwd' is invalid: Unsupported URL protocol",
    ],
    [
      "with a host without a dot",
      link("http://devbox/"),
      "400 Bad Request: entity URL 'http://devbox/' is invalid: Wrong HTTP URL",
    ],
  ])("%s", async (_name, entities, expected) => {
    const { api } = await startChat();
    // 🙂 takes two units: the text is four units long.
    const text = expected.includes("URL") ? "text" : "🙂ab";
    expect(await refusalOf(call(api, "sendMessage", { chat_id: PERSON, text, entities }))).toBe(expected);
  });
});

describe("buttons are refused", () => {
  test.each([
    ["of 65 bytes", { text: "a", callback_data: "x".repeat(65) }, "400 Bad Request: BUTTON_DATA_INVALID"],
    [
      "of 65 bytes in 64 characters",
      { text: "a", callback_data: `${"x".repeat(63)}ä` },
      "400 Bad Request: BUTTON_DATA_INVALID",
    ],
    ["of 64 bytes", { text: "a", callback_data: "x".repeat(64) }, "accepted"],
    [
      "that do nothing",
      { text: "a" },
      "400 Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      "with empty data",
      { text: "a", callback_data: "" },
      "400 Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      "without text",
      { callback_data: "x" },
      "400 Bad Request: can't parse inline keyboard button: Can't find field \"text\"",
    ],
    [
      "that are disabled by a true",
      { text: "a", disabled: true },
      '400 Bad Request: can\'t parse inline keyboard button: Field "disabled" must be of type Object',
    ],
    ["that are disabled", { text: "a", disabled: {}, style: "success" }, "accepted"],
    [
      "that are disabled and yet do something",
      { text: "a", disabled: {}, callback_data: "x" },
      "400 Bad Request: can't parse inline keyboard button: a button does one thing, not callback_data and disabled",
    ],
    [
      "of an unknown style",
      { text: "a", callback_data: "x", style: "pink" },
      "400 Bad Request: can't parse inline keyboard button: invalid button style specified",
    ],
    [
      "with a bad link",
      { text: "a", url: "http://nowhere" },
      "400 Bad Request: inline keyboard button URL 'http://nowhere' is invalid: Wrong HTTP URL",
    ],
  ])("%s", async (_name, button, expected) => {
    const { api } = await startChat();
    const payload = { chat_id: PERSON, text: "text", reply_markup: keyboard(button) };
    expect(await refusalOf(call(api, "sendMessage", payload))).toBe(expected);
  });
});

describe("changes are refused", () => {
  const notModified =
    "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as " +
    "a current content and reply markup of the message";
  const same = keyboard({ text: "Go", callback_data: "go" });
  const react = (...emoji: string[]) => ({
    message_id: 1,
    reaction: emoji.map((one) => ({ type: "emoji", emoji: one })),
  });
  test.each([
    ["editMessageText", { message_id: 2, text: "hi", reply_markup: same }, notModified],
    ["editMessageText", { message_id: 2, text: "hi" }, "accepted"],
    ["editMessageText", { message_id: 2, text: "x".repeat(4097) }, "400 Bad Request: MESSAGE_TOO_LONG"],
    ["editMessageText", { message_id: 9, text: "x" }, "400 Bad Request: message to edit not found"],
    ["editMessageText", { message_id: 1, text: "x" }, "400 Bad Request: message can't be edited"],
    ["editMessageText", { message_id: 2, text: "" }, "400 Bad Request: message text is empty"],
    [
      "editMessageText",
      { message_id: 2, text: "x", reply_markup: { force_reply: true } },
      "400 Bad Request: inline keyboard expected",
    ],
    ["editMessageReplyMarkup", { message_id: 2, reply_markup: same }, notModified],
    ["editMessageReplyMarkup", { message_id: 2 }, "accepted"],
    ["editMessageReplyMarkup", { message_id: 9 }, "400 Bad Request: message to edit not found"],
    ["deleteMessage", { message_id: 9 }, "400 Bad Request: message to delete not found"],
    ["deleteMessage", { message_id: 2 }, "accepted"],
    ["setMessageReaction", { ...react("👀"), message_id: 9 }, "400 Bad Request: message to react not found"],
    ["setMessageReaction", react("✅"), "400 Bad Request: REACTION_INVALID"],
    ["setMessageReaction", react("✍\u{fe0f}"), "400 Bad Request: REACTION_INVALID"],
    ["setMessageReaction", react("👀", "👌"), "400 Bad Request: REACTIONS_TOO_MANY"],
    ["setMessageReaction", react("👀"), "accepted"],
    ["setMessageReaction", react(), "accepted"],
    ["sendChatAction", { action: "sleeping" }, "400 Bad Request: wrong parameter action in request"],
    [
      "answerCallbackQuery",
      { callback_query_id: "1" },
      "400 Bad Request: query is too old and response timeout expired or query ID is invalid",
    ],
    ["setMyCommands", { commands: [{ command: "Big", description: "d" }] }, "400 Bad Request: BOT_COMMAND_INVALID"],
    [
      "setWebhook",
      { url: "http://example.com/" },
      "400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    ],
    ["setWebhook", { url: "nonsense" }, "400 Bad Request: invalid webhook URL specified"],
    [
      "setWebhook",
      { url: "https://example.com/", secret_token: "a b" },
      "400 Bad Request: secret token contains unallowed characters",
    ],
    ["sendDocument", {}, "400 Bad Request: there is no document in the request"],
  ])("%s %j", async (method, payload, expected) => {
    const { api } = await startChat();
    expect(await refusalOf(call(api, method, { chat_id: PERSON, ...payload }))).toBe(expected);
  });

  test("an answer over 200 characters, a second answer and a late one are refused", async () => {
    let now = Date.now();
    const { telegram, api } = await startTelegram({ now: () => now });
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    const { message_id: messageId } = await api.sendMessage(PERSON, "hi", {
      reply_markup: keyboard({ text: "Go", callback_data: "go" }),
    });
    const press = () =>
      telegram.press({ chatId: PERSON, userId: PERSON, messageId, data: "go" }).callback_query?.id ?? "";
    const id = press();
    expect(await refusalOf(api.answerCallbackQuery(id, { text: "x".repeat(201) }))).toBe(
      "400 Bad Request: MESSAGE_TOO_LONG",
    );
    expect(await refusalOf(api.answerCallbackQuery(id, { text: "x".repeat(200) }))).toBe("accepted");
    const tooOld = "400 Bad Request: query is too old and response timeout expired or query ID is invalid";
    expect(await refusalOf(api.answerCallbackQuery(id))).toBe(tooOld);
    const late = press();
    now += 10 * 60_000;
    expect(await refusalOf(api.answerCallbackQuery(late))).toBe(tooOld);
  });

  test("a message older than 48 hours cannot be deleted", async () => {
    let now = Date.now();
    const { telegram, api } = await startTelegram({ now: () => now });
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    now += 49 * 60 * 60_000;
    expect(await refusalOf(api.deleteMessage(PERSON, 1))).toBe(
      "400 Bad Request: message can't be deleted for everyone",
    );
  });
});

describe("a bot that is not wanted", () => {
  test("is told that the person blocked it, until the person writes again", async () => {
    const { telegram, api } = await startChat();
    telegram.blockBot(PERSON);
    expect(await refusalOf(api.sendMessage(PERSON, "hi"))).toBe("403 Forbidden: bot was blocked by the user");
    telegram.send({ chatId: PERSON, userId: PERSON, text: "back" });
    expect(await refusalOf(api.sendMessage(PERSON, "hi"))).toBe("accepted");
  });

  test("is told that it was kicked from a group", async () => {
    const { telegram, api } = await startTelegram();
    telegram.createGroup({ chatId: -1_000_000_000_005, title: "Team", members: [PERSON] });
    telegram.kickBot(-1_000_000_000_005, PERSON);
    expect(await refusalOf(api.sendMessage(-1_000_000_000_005, "hi"))).toBe(
      "403 Forbidden: bot was kicked from the supergroup chat",
    );
  });

  test("cannot react in a group that forbids the emoji", async () => {
    const { telegram, api } = await startTelegram();
    telegram.createGroup({ chatId: -5, title: "Team", members: [PERSON], allowedReactions: ["👍"] });
    telegram.send({ chatId: -5, userId: PERSON, text: "hello" });
    const react = (emoji: "👀" | "👍") => refusalOf(api.setMessageReaction(-5, 1, [{ type: "emoji", emoji }]));
    expect(await react("👀")).toBe("400 Bad Request: REACTION_INVALID");
    expect(await react("👍")).toBe("accepted");
  });
});

describe("requests that are none of a bot's", () => {
  test.each([
    ["an unknown method", `/bot${TOKEN}/makeCoffee`, 404, "Not Found: method not found"],
    ["a wrong token", "/bot123456:wrong/getMe", 401, "Unauthorized"],
    ["no method", `/bot${TOKEN}/`, 404, "Not Found"],
    ["another path", "/etc/passwd", 404, "Not Found"],
  ])("%s", async (_name, path, error_code, description) => {
    const { telegram } = await startTelegram();
    const response = await fetch(`${telegram.url}${path}`, { method: "POST" });
    expect(response.status).toBe(error_code);
    expect(await response.json()).toEqual({ ok: false, error_code, description });
  });
});
