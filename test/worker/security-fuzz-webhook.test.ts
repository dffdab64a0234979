import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { PING } from "../../src/protocol.ts";
import { FUZZ_WITHIN_MS, garbled, mutated } from "../mutations.ts";
import { watchLog } from "./support/log.ts";
import { type Connection, OWNER } from "./support/machine.ts";
import { request } from "./support/router.ts";
import { awakeTalkOn } from "./support/talk.ts";
import { type AnyUpdate, createGroup, press, rewrite, type SentMessage, write } from "./support/telegram.ts";

const PATH = `/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`;
const SECRET = { "X-Telegram-Bot-Api-Secret-Token": env.TELEGRAM_WEBHOOK_SECRET };
const BOT_ID = Number(env.TELEGRAM_BOT_TOKEN.split(":")[0]);
const GROUP = -4343;

let socket: Connection;
let token: string;
let updates: AnyUpdate[];

beforeAll(async () => {
  const { talk, socket: opened } = await awakeTalkOn("fuzzed", "s-fuzzed");
  socket = opened;
  const hello = await talk.hear("Shall I go on?", {
    replyMarkup: { inline_keyboard: [[{ text: "Yes", callback_data: "cmd:TOKEN:yes" }]] },
  });
  token = tokenIn(hello);
  await createGroup({ chatId: GROUP, title: "Team", members: [OWNER] });
  const owner = { chatId: OWNER, userId: OWNER };
  const replied = await write({ ...owner, text: "make", replyTo: hello.message_id });
  updates = [
    replied,
    await rewrite({ ...owner, messageId: messageIdIn(replied), text: "make all" }),
    await press({ ...owner, messageId: hello.message_id, data: `cmd:${token}:yes` }),
    await press({ ...owner, messageId: hello.message_id, data: `cmd:${token}:!cancel`, forged: true }),
    await write({ ...owner, text: `/cmd ${token} ls` }),
    await write({ ...owner, text: "/key escape", replyTo: hello.message_id }),
    await write({ ...owner, text: `/start ${token}` }),
    await write({ ...owner, text: "/unpair somebody" }),
    await write({ ...owner, text: "good morning" }),
    await write({ chatId: GROUP, userId: OWNER, text: `/cmd ${token} ls` }),
  ];
});

function tokenIn(message: SentMessage): string {
  return message.entities[0]?.url?.split("start=")[1] ?? "";
}

function messageIdIn(update: AnyUpdate): number {
  return Number(at(update, "message", "message_id"));
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (holder, key) => (typeof holder === "object" && holder !== null ? Reflect.get(holder, key) : undefined),
    value,
  );
}

async function post(body: BodyInit): Promise<{ status: number; body: string }> {
  const response = await request(PATH, { method: "POST", headers: SECRET, body });
  return { status: response.status, body: await response.text() };
}

/** The Bot API method that an answer calls; undefined where it is empty. */
function methodIn(body: string): unknown {
  return body === "" ? undefined : at(JSON.parse(body), "method");
}

/** The commands that came since it was last asked, each carried out. */
function arrivals(connection: Connection): () => Promise<number> {
  let seen = connection.commands().length;
  return async () => {
    connection.send(PING);
    await connection.settled();
    const fresh = connection.commands().slice(seen);
    seen += fresh.length;
    for (const command of fresh) {
      connection.journal(command);
      connection.result(command);
    }
    return fresh.length;
  };
}

/** By another way than the router's: whether this update may type into the session. */
function mayType(update: unknown): boolean {
  const pressed = at(update, "callback_query") !== undefined;
  const message = pressed ? at(update, "callback_query", "message") : at(update, "message");
  const from = pressed ? at(update, "callback_query", "from", "id") : at(message, "from", "id");
  if (from !== OWNER || at(message, "chat", "id") !== OWNER) return false;
  if (pressed) return String(at(update, "callback_query", "data")).startsWith(`cmd:${token}:`);
  if (at(message, "sender_chat") !== undefined) return false;
  const replied = at(message, "reply_to_message");
  const entities = [at(replied, "entities"), at(replied, "caption_entities")].flatMap((list) =>
    Array.isArray(list) ? list.map((entity: unknown) => entity) : [],
  );
  const isAddressed =
    at(replied, "from", "id") === BOT_ID &&
    entities.some((entity) => at(entity, "offset") === 0 && String(at(entity, "url")).endsWith(`?start=${token}`));
  return isAddressed || [at(message, "text"), at(message, "caption")].some((text) => String(text).includes(token));
}

test(
  "whatever is changed in a real update, the answer is 200, no error is logged, and only the owner's words are typed",
  async () => {
    const log = watchLog();
    const arrived = arrivals(socket);
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutated(updates, [1002, 6666, GROUP, BOT_ID, OWNER]), { minLength: 10, maxLength: 10 }),
        async (batch) => {
          for (const update of batch) {
            const { status, body } = await post(update);
            expect(status).toBe(200);
            expect([undefined, "sendMessage", "answerCallbackQuery"]).toContain(methodIn(body));
          }
          expect(await arrived()).toBeLessThanOrEqual(batch.filter((update) => mayType(JSON.parse(update))).length);
          expect(log.errors).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  },
  FUZZ_WITHIN_MS,
);

test(
  "a body that is no update gets 200 and an empty answer, and nothing is typed",
  async () => {
    const log = watchLog();
    const arrived = arrivals(socket);
    const nested = fc.nat({ max: 20_000 }).map((depth) => '{"message":['.repeat(depth));
    const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => new Uint8Array(array));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), bytes, nested), async (body) => {
        expect(await post(body)).toEqual({ status: 200, body: "" });
        expect(log.errors).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(await arrived()).toBe(0);
  },
  FUZZ_WITHIN_MS,
);

test(
  "a real update with a piece of its text changed is 200",
  async () => {
    const log = watchLog();
    await fc.assert(
      fc.asyncProperty(garbled(updates), async (body) => {
        expect((await post(body)).status).toBe(200);
        expect(log.errors).toEqual([]);
      }),
      { numRuns: 100 },
    );
  },
  FUZZ_WITHIN_MS,
);

test(
  "a forged update gets 401 or 404 and an empty or plain body, whatever the path, the header and the body",
  async () => {
    const log = watchLog();
    const secret = fc.oneof(fc.string(), fc.base64String(), fc.constant(env.TELEGRAM_WEBHOOK_SECRET));
    const segment = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.constantFrom("%", "%E0%A4%A", "..", env.TELEGRAM_WEBHOOK_PATH_SECRET.slice(1), "wrong"),
    );
    await fc.assert(
      fc.asyncProperty(segment, secret, fc.json(), async (path, header, body) => {
        const headers = new Headers({ "X-Telegram-Bot-Api-Secret-Token": encodeURIComponent(header.toWellFormed()) });
        const response = await request(`/webhook/telegram/${path}`, { method: "POST", headers, body });
        expect([401, 404]).toContain(response.status);
        expect(["", '{"error":"there is nothing here"}']).toContain(await response.text());
      }),
      { numRuns: 100 },
    );
    expect(log.errors).toEqual([]);
  },
  FUZZ_WITHIN_MS,
);
