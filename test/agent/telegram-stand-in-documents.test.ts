import { InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { cleanFileName, mimeTypeOf } from "../../agent/demo/telegram/file-name.ts";
import {
  ANY_NUMBER,
  ANY_STRING,
  BOT_ID,
  holding,
  refusalOf,
  startTelegram,
  TOKEN,
} from "./telegram-stand-in-harness.ts";

const PERSON = 7;
const HEADER = [{ type: "text_link" as const, offset: 0, length: 6, url: "https://t.me/ccr_test_bot?start=TOKEN" }];
const GO = { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] };

/** A private chat with a message of the person (1). */
async function startChat(): Promise<Awaited<ReturnType<typeof startTelegram>>> {
  const started = await startTelegram();
  started.telegram.send({ chatId: PERSON, userId: PERSON, text: "hello" });
  return started;
}

function file(text = "the whole", name = "question.md"): InputFile {
  return new InputFile(new TextEncoder().encode(text), name);
}

/** A call with a body of its own making, and what it was answered. */
async function post(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const response = await fetch(`${url}/bot${TOKEN}/sendDocument`, { method: "POST", headers, body });
  const answer: unknown = await response.json();
  const told: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "description") : undefined;
  return `${response.status} ${typeof told === "string" ? told : "accepted"}`;
}

describe("a document", () => {
  test("comes back as Telegram's Message, with the caption's entities and the keyboard", async () => {
    const { telegram, api } = await startChat();
    const sent = await api.sendDocument(PERSON, file(), {
      caption: "devbox\nmay I? ",
      caption_entities: HEADER,
      reply_markup: GO,
      reply_parameters: { message_id: 1 },
      disable_notification: true,
    });
    expect(sent).toEqual({
      message_id: 2,
      from: { id: BOT_ID, is_bot: true, first_name: "ccr_test_bot", username: "ccr_test_bot" },
      chat: { id: PERSON, type: "private", first_name: "Person 7" },
      date: ANY_NUMBER,
      document: {
        file_id: ANY_STRING,
        file_unique_id: ANY_STRING,
        file_name: "question.md",
        mime_type: "text/markdown",
        file_size: 9,
      },
      caption: "devbox\nmay I?",
      caption_entities: HEADER,
      reply_markup: GO,
      reply_to_message: holding({ message_id: 1 }),
    });
    expect(telegram.messages(PERSON)[1]).toEqual({ ...sent, reactions: [], silent: true });
  });

  test("stands whole in a reply to it and in a press of its button", async () => {
    const { telegram, api } = await startChat();
    const sent = await api.sendDocument(PERSON, file(), {
      caption: "devbox",
      caption_entities: HEADER,
      reply_markup: GO,
    });
    const { message } = telegram.send({ chatId: PERSON, userId: PERSON, text: "yes", replyTo: 2 });
    expect(message?.reply_to_message).toEqual(sent);
    const { callback_query } = telegram.press({ chatId: PERSON, userId: PERSON, messageId: 2, data: "go" });
    expect(callback_query?.message).toEqual(sent);
  });

  test("gets another keyboard and another caption; without them both go, and the file stays", async () => {
    const { telegram, api } = await startChat();
    await api.sendDocument(PERSON, file(), { caption: "devbox", caption_entities: HEADER, reply_markup: GO });
    const chosen = { inline_keyboard: [[{ text: "✓ Go", disabled: {} }]] };
    await api.editMessageReplyMarkup(PERSON, 2, { reply_markup: chosen });
    expect(telegram.messages(PERSON)[1]).toMatchObject({ caption: "devbox", reply_markup: chosen });
    await api.editMessageCaption(PERSON, 2, { caption: "over", caption_entities: [], reply_markup: chosen });
    const edited = telegram.messages(PERSON)[1];
    expect(edited).toMatchObject({ caption: "over", edit_date: ANY_NUMBER, document: { file_name: "question.md" } });
    expect(edited).not.toHaveProperty("caption_entities");
    await api.editMessageCaption(PERSON, 2);
    const bare = telegram.messages(PERSON)[1];
    expect(bare).toHaveProperty("document");
    for (const gone of ["caption", "reply_markup"]) expect(bare).not.toHaveProperty(gone);
  });

  test("is there for those who look, as it was uploaded", async () => {
    const { telegram, api } = await startChat();
    const { document } = await api.sendDocument(PERSON, file("häßlich"));
    const response = await fetch(`${telegram.url}/control/files/${document.file_id}`);
    expect(await response.text()).toBe("häßlich");
    expect((await fetch(`${telegram.url}/control/files/another`)).status).toBe(404);
  });
});

describe("sendDocument is refused with Telegram's own words", () => {
  test.each([
    ["a caption of 1025 characters", { caption: "x".repeat(1025) }, "400 Bad Request: message caption is too long"],
    ["a caption of 1024 characters", { caption: "x".repeat(1024) }, "accepted"],
    ["a caption of 1025 characters of which one is trimmed", { caption: ` ${"x".repeat(1024)}` }, "accepted"],
    [
      "a caption of 513 emoji, two units each",
      { caption: "🙂".repeat(513) },
      "400 Bad Request: message caption is too long",
    ],
    ["no caption", {}, "accepted"],
    [
      "an entity that ends after the caption",
      { caption: "text", caption_entities: [{ type: "bold" as const, offset: 1, length: 4 }] },
      "400 Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 5",
    ],
    [
      "a reply to nothing",
      { reply_parameters: { message_id: 50 } },
      "400 Bad Request: message to be replied not found",
    ],
    [
      "a button of 65 bytes",
      { reply_markup: { inline_keyboard: [[{ text: "a", callback_data: "x".repeat(65) }]] } },
      "400 Bad Request: BUTTON_DATA_INVALID",
    ],
  ])("%s", async (_, more, expected) => {
    const { api } = await startChat();
    expect(await refusalOf(api.sendDocument(PERSON, file(), more))).toBe(expected);
  });

  test("an empty file, and one of over 50 MB", async () => {
    const { api } = await startChat();
    expect(await refusalOf(api.sendDocument(PERSON, file("")))).toBe("400 Bad Request: file must be non-empty");
    const big = new InputFile(new Uint8Array(50 * 1024 * 1024 + 1), "big.txt");
    expect(await refusalOf(api.sendDocument(PERSON, big))).toBe("413 Request Entity Too Large");
  });

  test.each([
    [
      "a form without a boundary",
      { "content-type": "multipart/form-data" },
      "x",
      "400 Bad Request: can't parse the form",
    ],
    [
      "a form that ends in the middle",
      { "content-type": "multipart/form-data; boundary=b" },
      '--b\r\ncontent-disposition: form-data; name="chat_id"\r\n\r\n7',
      "400 Bad Request: can't parse the form",
    ],
    [
      "a part without a name",
      { "content-type": "multipart/form-data; boundary=b" },
      "--b\r\ncontent-disposition: form-data\r\n\r\n7\r\n--b--\r\n",
      "400 Bad Request: can't parse the form",
    ],
    [
      "a file that is named and does not come along",
      { "content-type": "application/json" },
      JSON.stringify({ chat_id: PERSON, document: "attach://x" }),
      "400 Bad Request: the stand-in takes uploads only",
    ],
  ])("%s", async (_, headers, body, expected) => {
    const { telegram } = await startChat();
    expect(await post(telegram.url, headers, body)).toBe(expected);
    expect(telegram.messages(PERSON)).toHaveLength(1);
  });

  test("a chat that blocked the bot", async () => {
    const { telegram, api } = await startChat();
    telegram.blockBot(PERSON);
    expect(await refusalOf(api.sendDocument(PERSON, file()))).toBe("403 Forbidden: bot was blocked by the user");
  });
});

describe("editMessageCaption is refused with Telegram's own words", () => {
  test.each([
    [
      2,
      { caption: "one" },
      "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    ],
    [2, { caption: "x".repeat(1025) }, "400 Bad Request: MEDIA_CAPTION_TOO_LONG"],
    [3, { caption: "two" }, "400 Bad Request: there is no caption in the message to edit"],
    [1, { caption: "two" }, "400 Bad Request: message can't be edited"],
    [9, { caption: "two" }, "400 Bad Request: message to edit not found"],
  ])("of message %i to %j", async (messageId, more, expected) => {
    const { api } = await startChat();
    await api.sendDocument(PERSON, file(), { caption: "one" });
    await api.sendMessage(PERSON, "text");
    expect(await refusalOf(api.editMessageCaption(PERSON, messageId, more))).toBe(expected);
  });
});

test.each([
  ["question.md", "question.md"],
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\me\\a.txt", "a.txt"],
  ['a<b>:"c|d?.md', "a b   c d.md"],
  ["Grüße 2.txt", "Grüße 2.txt"],
  [`${"x".repeat(100)}.txt`, `${"x".repeat(64)}.txt`],
  ["", ""],
])("a file that is sent as %j is called %j", (sent, called) => {
  expect(cleanFileName(sent)).toBe(called);
});

test.each([
  ["a.md", "text/markdown"],
  ["a.TXT", "text/plain"],
  ["a", "application/octet-stream"],
])("the end of %j says that it is %s, whatever the sender says", (name, type) => {
  expect(mimeTypeOf(name)).toBe(type);
});
