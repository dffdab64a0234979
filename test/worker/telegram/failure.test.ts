import { GrammyError, HttpError } from "grammy";
import { expect, test } from "vitest";
import { classify, type Failure } from "../../../src/telegram/failure.ts";
import { withoutToken } from "../../../src/telegram/without-token.ts";

function refusal(error_code: number, description: string, parameters = {}, method = "sendMessage"): GrammyError {
  const error = { ok: false, error_code, description, parameters } as const;
  return new GrammyError(`Call to '${method}' failed!`, error, method, {});
}

test.each<[number, string, Failure["kind"]]>([
  [500, "Internal Server Error", "unsure"],
  [502, "Bad Gateway", "unsure"],
  [401, "Unauthorized", "token-bad"],
  [404, "Not Found", "token-bad"],
  [404, "Not Found: method not found", "refused"],
  [409, "Conflict: terminated by other getUpdates request", "refused"],
  [403, "Forbidden: bot was blocked by the user", "chat-gone"],
  [403, "Forbidden: bot was kicked from the supergroup chat", "chat-gone"],
  [403, "Forbidden: user is deactivated", "chat-gone"],
  [400, "Bad Request: chat not found", "chat-gone"],
  [400, "Bad Request: PEER_ID_INVALID", "chat-gone"],
  [400, "Bad Request: not enough rights to send text messages to the chat", "chat-gone"],
  [
    400,
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    "not-modified",
  ],
  [400, "Bad Request: message to edit not found", "message-gone"],
  [400, "Bad Request: message to delete not found", "message-gone"],
  [400, "Bad Request: message to react not found", "message-gone"],
  [400, "Bad Request: message can't be edited", "message-gone"],
  [400, "Bad Request: MESSAGE_ID_INVALID", "message-gone"],
  [400, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 3", "not-parsed"],
  [400, 'Bad Request: can\'t parse MessageEntity: Field "length" must be of type Number', "not-parsed"],
  [400, "Bad Request: ENTITY_BOUNDS_INVALID", "not-parsed"],
  [400, "Bad Request: entity URL 'http://localhost/' is invalid: Wrong HTTP URL", "not-parsed"],
  [
    400,
    "Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 5",
    "not-parsed",
  ],
  [400, "Bad Request: message is too long", "too-long"],
  [400, "Bad Request: MESSAGE_TOO_LONG", "too-long"],
  [400, "Bad Request: message caption is too long", "too-long"],
  [400, "Bad Request: MEDIA_CAPTION_TOO_LONG", "too-long"],
  [413, "Request Entity Too Large", "too-big"],
  [400, "Bad Request: file is too big", "too-big"],
  [400, "Bad Request: FILE_PARTS_INVALID", "too-big"],
  [400, "Bad Request: file must be non-empty", "refused"],
  [400, "Bad Request: not enough rights to send documents to the chat", "refused"],
  [400, "Bad Request: query is too old and response timeout expired or query ID is invalid", "query-too-old"],
  [400, "Bad Request: REACTION_INVALID", "reaction-refused"],
  [400, "Bad Request: REACTIONS_TOO_MANY", "reaction-refused"],
  [400, "Bad Request: message thread not found", "refused"],
  [400, "Bad Request: BUTTON_DATA_INVALID", "refused"],
])("%i %s is %s", (code, description, kind) => expect(classify(refusal(code, description)).kind).toBe(kind));

test("a 429 says how long to wait", () => {
  const error = refusal(429, "Too Many Requests: retry after 17", { retry_after: 17 });
  expect(classify(error)).toEqual({ kind: "retry", afterMs: 17_000 });
});

test("a 429 that does not say how long waits all the same", () => {
  expect(classify(refusal(429, "Too Many Requests"))).toEqual({ kind: "retry", afterMs: 5_000 });
});

test("a group that became a supergroup says its new id", () => {
  const parameters = { migrate_to_chat_id: -1001234567890 };
  const error = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters);
  expect(classify(error)).toEqual({ kind: "chat-moved", chatId: -1001234567890 });
});

test("a reaction that is refused for another reason is a refused reaction", () => {
  const error = refusal(400, "Bad Request: not enough rights", {}, "setMessageReaction");
  expect(classify(error)).toEqual({ kind: "reaction-refused" });
});

test("no answer leaves open what happened", () => {
  expect(classify(new HttpError("Network request for 'sendMessage' failed!", new Error("timed out")))).toEqual({
    kind: "unsure",
  });
});

test("an error that is not Telegram's is a bug and is thrown on", () => {
  const bug = new TypeError("x is undefined");
  expect(() => classify(bug)).toThrow(bug);
});

test("a reason never holds a token", () => {
  const failure = classify(refusal(400, "Bad Request: bad URL https://x/bot123456:CANARY_canary-x/sendMessage"));
  expect(failure).toEqual({ kind: "refused", reason: "Bad Request: bad URL https://x/bot<token>/sendMessage" });
});

test.each([
  ["https://api.telegram.org/bot123456:AAH-x_y/getMe", "https://api.telegram.org/bot<token>/getMe"],
  ["bot123456%3AAAH-x_y", "bot<token>"],
  ["token 1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw!", "token <token>!"],
  ["at 12:30:45 and bots", "at 12:30:45 and bots"],
])("%s is logged as %s", (text, cleaned) => expect(withoutToken(text)).toBe(cleaned));
