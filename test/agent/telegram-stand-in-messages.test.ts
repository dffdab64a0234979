import { InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { ImpossibleAct } from "../../agent/demo/telegram/person.ts";
import { ANY_NUMBER, BOT_ID, TOKEN, holding, refusalOf, startTelegram } from "./telegram-stand-in-harness.ts";

const PERSON = 7;
const GROUP = -1_000_000_000_005;
const HEADER = [{ type: "text_link" as const, offset: 0, length: 6, url: "https://t.me/ccr_test_bot?start=TOKEN" }];
const GO = { inline_keyboard: [[{ text: "Go", callback_data: "go", style: "success" as const }]] };

describe("what the bot sends", () => {
  test("comes back as Telegram's Message, and stands in the chat", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    const sent = await api.sendMessage(PERSON, "devbox\ndone ", {
      entities: HEADER,
      reply_markup: GO,
      reply_parameters: { message_id: 1 },
      link_preview_options: { is_disabled: true },
      disable_notification: true,
    });
    expect(sent).toEqual({
      message_id: 2,
      from: { id: BOT_ID, is_bot: true, first_name: "ccr_test_bot", username: "ccr_test_bot" },
      chat: { id: PERSON, type: "private", first_name: "Person 7" },
      date: ANY_NUMBER,
      text: "devbox\ndone",
      entities: HEADER,
      link_preview_options: { is_disabled: true },
      reply_markup: GO,
      reply_to_message: holding({ message_id: 1, text: "hello" }),
    });
    expect(telegram.messages(PERSON)).toEqual([
      holding({ message_id: 1, text: "hello", reactions: [], silent: false }),
      { ...sent, reactions: [], silent: true },
    ]);
  });

  test("loses its keyboard in an edit that names none, and keeps what it replies to", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "one", { reply_markup: GO, reply_parameters: { message_id: 1 } });
    await api.editMessageText(PERSON, 2, "two");
    const edited = telegram.messages(PERSON)[1];
    expect(edited).toMatchObject({ text: "two", edit_date: ANY_NUMBER, reply_to_message: { message_id: 1 } });
    expect(edited).not.toHaveProperty("reply_markup");
  });

  test("can get another keyboard, a reaction, and be deleted", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "one", { reply_markup: GO });
    const chosen = { inline_keyboard: [[{ text: "✓ Go", disabled: {} }]] };
    await api.editMessageReplyMarkup(PERSON, 2, { reply_markup: chosen });
    await api.setMessageReaction(PERSON, 1, [{ type: "emoji", emoji: "👀" }]);
    await api.setMessageReaction(PERSON, 1, [{ type: "emoji", emoji: "👌" }]);
    expect(telegram.messages(PERSON)).toMatchObject([{ reactions: ["👌"] }, { text: "one", reply_markup: chosen }]);
    await api.setMessageReaction(PERSON, 1, []);
    await api.deleteMessage(PERSON, 2);
    expect(telegram.messages(PERSON)).toMatchObject([{ message_id: 1, reactions: [] }]);
  });

  test("may be a document, whose bytes arrive as they were", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    const sent = await api.sendDocument(PERSON, new InputFile(bytes, "screen.txt"), { caption: "the screen" });
    expect(sent).toMatchObject({ caption: "the screen", document: { file_name: "screen.txt", file_size: 70_000 } });
    expect(telegram.file(sent.document.file_id)).toEqual(bytes);
    const tooLong = api.sendDocument(PERSON, new InputFile(bytes, "screen.txt"), { caption: "x".repeat(1025) });
    expect(await refusalOf(tooLong)).toBe("400 Bad Request: message caption is too long");
    expect(await refusalOf(api.editMessageText(PERSON, 2, "x"))).toBe(
      "400 Bad Request: there is no text in the message to edit",
    );
  });

  test.each([
    ["a form", () => new URLSearchParams({ chat_id: "7", text: "hi", reply_parameters: '{"message_id":1}' })],
    [
      "a multipart form",
      () => {
        const form = new FormData();
        for (const [name, value] of [
          ["chat_id", "7"],
          ["text", "hi"],
          ["reply_parameters", '{"message_id":1}'],
        ] as const) {
          form.set(name, value);
        }
        return form;
      },
    ],
    [
      "JSON with JSON in it",
      () =>
        new Blob([JSON.stringify({ chat_id: "7", text: "hi", reply_parameters: '{"message_id":1}' })], {
          type: "application/json",
        }),
    ],
  ])("may come as %s", async (_name, makeBody) => {
    const { telegram } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    const response = await fetch(`${telegram.url}/bot${TOKEN}/SENDMESSAGE`, { method: "POST", body: makeBody() });
    expect(await response.json()).toMatchObject({
      ok: true,
      result: { text: "hi", reply_to_message: { message_id: 1 } },
    });
  });
});

describe("what a person sends", () => {
  test("holds commands, mentions and addresses as entities", async () => {
    const { telegram } = await startTelegram();
    const { message } = telegram.send({ chatId: PERSON, userId: PERSON, text: "/pair devbox https://example.com/x" });
    expect(message).toMatchObject({
      from: { id: PERSON, is_bot: false },
      chat: { id: PERSON, type: "private" },
      entities: [
        { type: "bot_command", offset: 0, length: 5 },
        { type: "url", offset: 13, length: 21 },
      ],
    });
  });

  test("holds what it replies to one level deep, with entities and keyboard", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "devbox\ndone", {
      entities: HEADER,
      reply_markup: GO,
      reply_parameters: { message_id: 1 },
    });
    const replied = telegram.send({ chatId: PERSON, userId: PERSON, text: "yes", replyTo: 2 }).message
      ?.reply_to_message;
    expect(replied).toMatchObject({ message_id: 2, from: { id: BOT_ID }, entities: HEADER, reply_markup: GO });
    expect(replied).not.toHaveProperty("reply_to_message");
  });

  test("comes as several messages where it is long, and only the first is a reply", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "hi");
    const updates = telegram.sendLong({ chatId: PERSON, userId: PERSON, text: "x".repeat(9000), replyTo: 2 });
    expect(updates.map(({ message }) => message?.text?.length)).toEqual([4096, 4096, 808]);
    expect(updates.map(({ message }) => message?.reply_to_message?.message_id)).toEqual([2, undefined, undefined]);
  });

  test("can be edited by its writer", async () => {
    const { telegram } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "/esc" });
    const update = telegram.edit({ chatId: PERSON, userId: PERSON, messageId: 1, text: "plain" });
    expect(update.edited_message).toMatchObject({ message_id: 1, text: "plain", edit_date: ANY_NUMBER });
    expect(update.edited_message).not.toHaveProperty("entities");
    expect(() => telegram.edit({ chatId: PERSON, userId: PERSON, messageId: 1, text: "plain" })).toThrow(ImpossibleAct);
  });

  test("names the person as introduced", async () => {
    const { telegram } = await startTelegram();
    telegram.introduce({ userId: PERSON, firstName: "Ada", username: "ada" });
    const { message } = telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    expect(message).toMatchObject({ from: { first_name: "Ada", username: "ada" }, chat: { first_name: "Ada" } });
  });

  test("needs to be possible", async () => {
    const { telegram } = await startTelegram();
    telegram.createGroup({ chatId: GROUP, title: "Team", members: [PERSON] });
    telegram.send({ chatId: GROUP, userId: PERSON, text: "hello" });
    const acts = [
      () => telegram.send({ chatId: GROUP, userId: 8, text: "I am not in it" }),
      () => telegram.send({ chatId: 8, userId: PERSON, text: "this is another's chat" }),
      () => telegram.send({ chatId: -6, userId: PERSON, text: "no such group" }),
      () => telegram.send({ chatId: PERSON, userId: PERSON, text: "  " }),
      () => telegram.send({ chatId: GROUP, userId: PERSON, text: "to nothing", replyTo: 99 }),
      () => telegram.edit({ chatId: GROUP, userId: 8, messageId: 1, text: "another's message" }),
    ];
    for (const act of acts) expect(act).toThrow(ImpossibleAct);
  });
});

describe("a press", () => {
  test("is answered with a toast, and holds the message with its keyboard", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "one", { reply_markup: GO });
    const query = telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" }).callback_query;
    expect(query).toMatchObject({ from: { id: PERSON }, data: "go", message: { message_id: 2, reply_markup: GO } });
    await api.answerCallbackQuery(query?.id ?? "", { text: "sent to devbox" });
    expect(telegram.answers.get(query?.id ?? "")).toMatchObject({
      text: "sent to devbox",
      show_alert: false,
      chatId: PERSON,
    });
  });

  test("needs a button that does something", async () => {
    const { telegram, api } = await startTelegram();
    telegram.createGroup({ chatId: GROUP, title: "Team", members: [PERSON] });
    const markup = {
      inline_keyboard: [
        [
          { text: "✓ Go", disabled: {} },
          { text: "Stop", callback_data: "stop" },
        ],
      ],
    };
    await api.sendMessage(GROUP, "one", { reply_markup: markup });
    const press = (userId: number, data: string) => () => telegram.press({ chatId: GROUP, userId, messageId: 1, data });
    expect(press(PERSON, "go")).toThrow(ImpossibleAct);
    expect(press(8, "stop")).toThrow(ImpossibleAct);
    expect(press(PERSON, "stop")).not.toThrow();
  });

  test("may be forged, and then holds no more of a deleted message than its number", async () => {
    const { telegram, api } = await startTelegram();
    telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
    await api.sendMessage(PERSON, "one", { reply_markup: GO });
    const forge = () =>
      telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "anything", forged: true });
    expect(forge().callback_query).toMatchObject({ data: "anything", message: { text: "one" } });
    await api.deleteMessage(PERSON, 2);
    expect(forge().callback_query?.message).toEqual({
      chat: holding({ id: PERSON }),
      message_id: 2,
      date: 0,
    });
  });
});

test("message numbers rise; a supergroup counts for itself", async () => {
  const { telegram, api } = await startTelegram();
  telegram.createGroup({ chatId: GROUP, title: "Team", members: [PERSON] });
  telegram.send({ chatId: PERSON, userId: PERSON, text: "a" });
  telegram.send({ chatId: 8, userId: 8, text: "b" });
  expect((await api.sendMessage(PERSON, "c")).message_id).toBe(3);
  expect(telegram.send({ chatId: GROUP, userId: PERSON, text: "d" }).message?.message_id).toBe(1);
});

test("commands are kept for each scope", async () => {
  const { telegram, api } = await startTelegram();
  telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
  const scope = { type: "chat" as const, chat_id: PERSON };
  await api.setMyCommands([{ command: "pair", description: "Pair a machine" }], { scope });
  expect(await api.getMyCommands({ scope })).toEqual([{ command: "pair", description: "Pair a machine" }]);
  expect(await api.getMyCommands()).toEqual([]);
  expect(await refusalOf(api.setMyCommands([], { scope: { type: "chat", chat_id: 99 } }))).toBe(
    "400 Bad Request: chat not found",
  );
});
