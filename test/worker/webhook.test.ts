import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newToken, sessionRef } from "../../src/address/reply-token.ts";
import { OWNER } from "./support/machine.ts";
import { request } from "./support/router.ts";
import { type AnyUpdate, callsIn, createGroup, press, rewrite, write } from "./support/telegram.ts";

const STRANGER = 6666;
const GROUP = -4242;

const PATH = `/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`;
const SECRET = { "X-Telegram-Bot-Api-Secret-Token": env.TELEGRAM_WEBHOOK_SECRET };

/** A body that never ends: whoever reads it to its end never answers. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) });
}

async function objects(): Promise<number> {
  const all = await Promise.all([listDurableObjectIds(env.SESSION), listDurableObjectIds(env.MACHINE)]);
  return all.flat().length;
}

/** The whole answer is empty, no object woke, and the bot said nothing. */
async function expectSilence(body: BodyInit, chatId: number): Promise<void> {
  const before = { objects: await objects(), calls: (await callsIn(chatId)).length };
  const response = await request(PATH, { method: "POST", headers: SECRET, body });
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: "" });
  expect({ objects: await objects(), calls: (await callsIn(chatId)).length }).toEqual(before);
}

test("a wrong path secret is 404, before the body is read", async () => {
  for (const path of ["/webhook/telegram/wrong", "/webhook/telegram/", "/webhook/telegram", `${PATH}/more`]) {
    const response = await request(path, { method: "POST", headers: SECRET, body: endless() });
    expect(response.status).toBe(404);
  }
  expect((await request(PATH, { headers: SECRET })).status).toBe(404);
});

test.each([
  { what: "a wrong secret header", headers: { "X-Telegram-Bot-Api-Secret-Token": "wrong" } },
  { what: "an empty secret header", headers: { "X-Telegram-Bot-Api-Secret-Token": "" } },
  { what: "no secret header", headers: {} },
])("$what is 401 with an empty body, before the body is read", async ({ headers }) => {
  const response = await request(PATH, { method: "POST", headers, body: endless() });
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 401, body: "" });
});

test.each([
  { what: "no body", body: "" },
  { what: "something that is not JSON", body: "{" },
  { what: "bytes that are not UTF-8", body: new Uint8Array([0xff, 0xfe, 0x00]) },
  { what: "an update without an id", body: "{}" },
  { what: "a list", body: "[]" },
  { what: "a message of the wrong shape", body: '{"update_id":1,"message":{"message_id":"one"}}' },
  { what: "an update of a kind that is not used", body: '{"update_id":1,"poll":{"id":"1"}}' },
  { what: "a body over 256 KB", body: JSON.stringify({ update_id: 1, filler: "x".repeat(256 * 1024) }) },
])("$what is answered 200 and nothing happens", async ({ body }) => {
  await expectSilence(body, OWNER);
});

/** What an allowed person's update would do, were it not for its sender. */
async function strangersUpdates(): Promise<{ update: AnyUpdate; chatId: number }[]> {
  await createGroup({ chatId: GROUP, title: "Team", members: [OWNER, STRANGER] });
  const token = newToken(await sessionRef("s-any"));
  const inPrivate = { chatId: STRANGER, userId: STRANGER };
  const inGroup = { chatId: GROUP, userId: STRANGER };
  const first = await write({ ...inPrivate, text: "hello" });
  const messageId = Number(Reflect.get(Object(first["message"]), "message_id"));
  const forged = { messageId: 1, data: `cmd:${token}:continue`, forged: true };
  return [
    { update: await write({ ...inPrivate, text: "/start" }), chatId: STRANGER },
    { update: await write({ ...inPrivate, text: `/start ${token}` }), chatId: STRANGER },
    { update: await write({ ...inPrivate, text: "/help" }), chatId: STRANGER },
    { update: await write({ ...inPrivate, text: "/pair devbox" }), chatId: STRANGER },
    { update: await write({ ...inPrivate, text: "/unpair devbox" }), chatId: STRANGER },
    { update: await write({ ...inPrivate, text: `/cmd ${token} ls` }), chatId: STRANGER },
    { update: await rewrite({ ...inPrivate, messageId, text: "changed" }), chatId: STRANGER },
    { update: await press({ ...inPrivate, ...forged }), chatId: STRANGER },
    { update: await press({ ...inGroup, ...forged }), chatId: GROUP },
    { update: await write({ ...inGroup, text: `/cmd ${token} ls` }), chatId: GROUP },
  ];
}

test("strangers get 200 and silence on every path, and wake nothing", async () => {
  for (const { update, chatId } of await strangersUpdates()) await expectSilence(JSON.stringify(update), chatId);
});

test("a message that a chat sends in a person's stead gets silence, also where that person is allowed", async () => {
  const token = newToken(await sessionRef("s-any"));
  const update = await write({ chatId: OWNER, userId: OWNER, text: `/cmd ${token} ls` });
  const message: unknown = { ...Object(update["message"]), sender_chat: { id: GROUP, type: "group", title: "Team" } };
  await expectSilence(JSON.stringify({ ...update, message }), OWNER);
});

test("an allowed person's plain text gets help in private and silence in a group, and wakes nothing", async () => {
  await createGroup({ chatId: GROUP, title: "Team", members: [OWNER, STRANGER] });
  const inGroup = await write({ chatId: GROUP, userId: OWNER, text: "good morning" });
  await expectSilence(JSON.stringify(inGroup), GROUP);
  const before = await objects();
  const inPrivate = await write({ chatId: OWNER, userId: OWNER, text: "good morning" });
  const response = await request(PATH, { method: "POST", headers: SECRET, body: JSON.stringify(inPrivate) });
  expect(await response.json()).toMatchObject({ method: "sendMessage", chat_id: OWNER });
  expect(await objects()).toBe(before);
});
