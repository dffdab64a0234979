import { afterEach, expect, test, vi } from "vitest";
import { Teller } from "../../../src/session/teller.ts";
import { botApi } from "../../../src/telegram/bot.ts";

const CHAT = 1001;

afterEach(() => vi.restoreAllMocks());

/** Stands for a Telegram that gives these answers in turn; keeps what it was asked, as a form's fields. */
function telegram(...answers: (() => Response)[]): Record<string, string>[] {
  const asked: Record<string, string>[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const fields: Record<string, string> = {};
    for (const [name, value] of await new Request(input, init).formData())
      fields[name] = typeof value === "string" ? value : await value.text();
    asked.push(fields);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("nobody expected another call");
    return answer();
  });
  return asked;
}

function refusal(error_code: number, description: string): () => Response {
  return () => Response.json({ ok: false, error_code, description });
}

function sent(): Response {
  return Response.json({ ok: true, result: { message_id: 7 } });
}

const teller = (): Teller =>
  new Teller(botApi({ TELEGRAM_BOT_TOKEN: "123456:TEST", TELEGRAM_API_ROOT: "https://api.telegram.org" }));

const LINK = { type: "text_link", offset: 0, length: 8, url: "https://t.me/ccr_test_bot?start=TOKEN" } as const;
const CARD = {
  text: "❓ devbox\nMay I?",
  entities: [LINK, { type: "bold", offset: 9, length: 3 } as const],
  file: { name: "question.md", text: "May **I**? Ä" },
  keyboard: [[{ text: "Yes", callback_data: "cmd:T:?q.y" }]],
  silent: false,
  replyTo: 5,
};

test("a message with a file takes all along: caption, formatting, buttons, what it replies to, and the bytes", async () => {
  const asked = telegram(sent);
  expect(await teller().send(CHAT, CARD, 0)).toEqual({ status: "told", messageId: 7 });
  const { document = "", ...fields } = asked[0] ?? {};
  expect(document).toMatch(/^attach:\/\/\w+$/);
  const { [document.slice("attach://".length)]: bytes, ...others } = fields;
  expect(bytes).toBe(CARD.file.text);
  expect(others).toEqual({
    chat_id: String(CHAT),
    caption: CARD.text,
    caption_entities: JSON.stringify(CARD.entities),
    disable_notification: "false",
    reply_markup: JSON.stringify({ inline_keyboard: CARD.keyboard }),
    reply_parameters: JSON.stringify({ message_id: 5, allow_sending_without_reply: true }),
  });
});

test("where Telegram cannot read the formatting, the file goes with the header's link alone", async () => {
  const asked = telegram(refusal(400, "Bad Request: can't parse caption entities: unsupported"), sent);
  expect(await teller().send(CHAT, CARD, 0)).toEqual({ status: "told", messageId: 7 });
  expect(asked.map((fields) => fields["caption_entities"])).toEqual([
    JSON.stringify(CARD.entities),
    JSON.stringify([LINK]),
  ]);
  expect(asked.map((fields) => fields["reply_markup"])).toEqual(
    Array.from({ length: 2 }, () => JSON.stringify({ inline_keyboard: CARD.keyboard })),
  );
});

test.each([
  ["that is too big", () => new Response("<html>413</html>", { status: 413 }), "too-big"],
  ["whose caption is too long", refusal(400, "Bad Request: message caption is too long"), "too-long"],
  [
    "that the chat forbids",
    refusal(400, "Bad Request: not enough rights to send documents to the chat"),
    "Bad Request: not enough rights to send documents to the chat",
  ],
])("a file %s is not sent again", async (_, answer, reason) => {
  telegram(answer);
  expect(await teller().send(CHAT, CARD, 0)).toEqual({ status: "never", reason });
});

test.each([
  ["a server in trouble", refusal(502, "Bad Gateway")],
  ["no answer", () => new Response("<html>", { status: 504 })],
])("a file that meets %s is sent again later", async (_, answer) => {
  telegram(answer);
  expect(await teller().send(CHAT, CARD, 0)).toMatchObject({ status: "later" });
});
