import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test } from "vitest";
import { MINUTE, putForward, SECOND } from "./support/clock.ts";
import { askForCode, newSecret, OWNER, pairMachine, redeem } from "./support/machine.ts";
import { matching, containing } from "./support/matching.ts";
import { isQuiet, machineObject, query, ring, tablesOf } from "./support/objects.ts";
import { deliver, deliverCold, evictAll, request } from "./support/router.ts";
import { callsIn, fault, messagesIn, type SentMessage, write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

async function bodyOf(response: Response): Promise<unknown> {
  return response.json();
}

/** What the bot's message with the code says now. */
async function now(message: SentMessage, chatId = OWNER): Promise<string> {
  return (await messagesIn(chatId)).find(({ message_id }) => message_id === message.message_id)?.text ?? "";
}

/** The lines to paste in a chat for this machine. */
async function linesFor(machineId: string, chatId = OWNER): Promise<string[]> {
  return (await messagesIn(chatId)).map(({ text }) => text).filter((text) => text.includes(` ${machineId}-`));
}

test("the code is sent as one line to paste, and is good for exactly one machine with one key", async () => {
  const { code, message } = await askForCode("desk");
  expect(message.text).toMatch(
    /^On desk, within ten minutes:\n\nccr-agent pair https:\/\/router\.test desk-[0-9A-Z]{4}-[0-9A-Z]{4}$/,
  );
  expect(message.entities).toEqual([{ type: "pre", offset: 30, length: message.text.length - 30 }]);
  await evictAll();
  const { keyHash } = await newSecret();
  const response = await redeem("desk", code, keyHash);
  expect(response.status).toBe(200);
  expect(await bodyOf(response)).toEqual({
    ok: true,
    machineId: "desk",
    mac: matching(/^[A-Za-z0-9_-]{22}$/),
  });
  await until("the message says so", async () => (await now(message)) === "✅ desk is paired.");
});

test("a code may be typed in small letters, without the name and the dashes", async () => {
  const { code } = await askForCode("typed");
  const { keyHash } = await newSecret();
  const bare = code.slice("typed-".length).replaceAll("-", "").toLowerCase();
  expect((await redeem("typed", bare, keyHash)).status).toBe(200);
});

test("the same request again is answered the same; the same code with another key is refused", async () => {
  const { code } = await askForCode("again");
  const [first, second] = [await newSecret(), await newSecret()];
  const answer = await bodyOf(await redeem("again", code, first.keyHash));
  await evictAll();
  const repeated = await redeem("again", code, first.keyHash);
  expect(repeated.status).toBe(200);
  expect(await bodyOf(repeated)).toEqual(answer);
  const stolen = await redeem("again", code, second.keyHash);
  expect(stolen.status).toBe(403);
  expect(await bodyOf(stolen)).toEqual({ error: containing("this code was used already") });
});

test("the code stands nowhere in the tables", async () => {
  const { code } = await askForCode("secretive");
  await evictAll();
  const rows = await query(machineObject("secretive"), "SELECT * FROM pairing");
  const secret = code.slice("secretive-".length);
  const stored = JSON.stringify(rows).toUpperCase();
  expect(rows).toHaveLength(1);
  for (const part of [secret, secret.replaceAll("-", ""), ...secret.split("-")]) expect(stored).not.toContain(part);
});

test("after five wrong codes the right one is refused too, and the message says so", async () => {
  const { code, message } = await askForCode("guessed");
  const { keyHash } = await newSecret();
  for (let left = 4; left >= 0; left--) {
    await evictAll();
    const response = await redeem("guessed", "guessed-0000-0000", keyHash);
    expect(response.status).toBe(403);
    expect(JSON.stringify(await bodyOf(response))).toContain(
      left === 0 ? "too many wrong codes" : `${left} tries left`,
    );
  }
  await evictAll();
  expect((await redeem("guessed", code, keyHash)).status).toBe(403);
  await until("the message says so", async () => (await now(message)).includes("tried wrongly 5 times"));
});

test("a code is good for ten minutes, and then its message says that it is not", async () => {
  const { code, message } = await askForCode("slowpoke");
  const { keyHash } = await newSecret();
  putForward(10 * MINUTE + SECOND);
  await evictAll();
  const response = await redeem("slowpoke", code, keyHash);
  expect(response.status).toBe(403);
  expect(await bodyOf(response)).toEqual({
    error: containing("the code is too old: send /pair slowpoke"),
  });
  await ring(machineObject("slowpoke"));
  expect(await now(message)).toContain("its ten minutes are over");
});

test("a code is no good for another machine, and asking that one stores nothing", async () => {
  const { code } = await askForCode("rightone");
  const { keyHash } = await newSecret();
  await askForCode("wrongone");
  expect((await redeem("wrongone", code, keyHash)).status).toBe(403);
  expect((await redeem("neverasked", code, keyHash)).status).toBe(403);
  expect(await tablesOf(machineObject("neverasked"))).toEqual([]);
  expect((await redeem("rightone", code, keyHash)).status).toBe(200);
});

test("a newer /pair replaces the code of the one before, and its message says so", async () => {
  const first = await askForCode("twice");
  await evictAll();
  const second = await askForCode("twice");
  expect(second.code).not.toBe(first.code);
  expect(await now(first.message)).toContain("a newer one follows");
  const { keyHash } = await newSecret();
  expect((await redeem("twice", first.code, keyHash)).status).toBe(403);
  expect((await redeem("twice", second.code, keyHash)).status).toBe(200);
});

test("a redelivered /pair sends nothing twice, also while the first is under way or when the code was used", async () => {
  const update = await write({ chatId: OWNER, userId: OWNER, text: "/pair once" });
  const answers = await Promise.all([deliver(update), deliver(update), deliver(update)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await deliverCold(update);
  expect(await linesFor("once")).toHaveLength(1);
  const code = /once-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await linesFor("once"))[0] ?? "")?.[0] ?? "";
  const { keyHash } = await newSecret();
  expect((await redeem("once", code, keyHash)).status).toBe(200);
  await isQuiet(machineObject("once"));
  await deliverCold(update);
  expect(await linesFor("once")).toEqual([]);
  expect(
    (await callsIn(OWNER)).filter(
      ({ method, payload }) => method === "sendMessage" && JSON.stringify(payload).includes(" once-"),
    ),
  ).toHaveLength(1);
});

test("where Telegram failed, the update is answered with 503 and its redelivery sends a new code", async () => {
  const update = await write({ chatId: OWNER, userId: OWNER, text: "/pair unlucky" });
  await fault({ method: "sendMessage", chatId: OWNER, kind: "500", times: 1 });
  expect((await deliver(update)).status).toBe(503);
  expect(await linesFor("unlucky")).toEqual([]);
  expect((await deliverCold(update)).status).toBe(200);
  expect(await linesFor("unlucky")).toHaveLength(1);
  const code = /unlucky-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await linesFor("unlucky"))[0] ?? "")?.[0] ?? "";
  expect((await redeem("unlucky", code, (await newSecret()).keyHash)).status).toBe(200);
});

test("where the message could not be edited, the alarm tries again until it says what is so", async () => {
  const { code, message } = await askForCode("stubborn");
  await fault({ method: "editMessageText", chatId: OWNER, kind: "500", times: 2 });
  expect((await redeem("stubborn", code, (await newSecret()).keyHash)).status).toBe(200);
  await until("it says so", async () => {
    putForward(MINUTE);
    await ring(machineObject("stubborn"));
    return (await now(message)) === "✅ stubborn is paired.";
  });
});

test("a name that is paired, or being paired, is refused to anybody else, with nothing sent or changed", async () => {
  await pairMachine("mine");
  const { code } = await askForCode("soon-mine");
  for (const machineId of ["mine", "soon-mine"]) {
    const { status, said } = await deliverCold(await write({ chatId: 1002, userId: 1002, text: `/pair ${machineId}` }));
    expect(status).toBe(200);
    expect(said).toMatchObject({ text: `${machineId} is somebody else's: choose another name.` });
    expect(await linesFor(machineId, 1002)).toEqual([]);
  }
  expect((await redeem("soon-mine", code, (await newSecret()).keyHash)).status).toBe(200);
});

test("when somebody else's code has run out, the name can be had", async () => {
  const { message } = await askForCode("abandoned");
  putForward(10 * MINUTE + SECOND);
  await evictAll();
  const { code } = await askForCode("abandoned", 1002);
  expect(await now(message)).toContain("its ten minutes are over");
  expect((await redeem("abandoned", code, (await newSecret()).keyHash)).status).toBe(200);
});

test("of two users who ask for a free name at once exactly one gets a code", async () => {
  const updates = [
    await write({ chatId: 1001, userId: 1001, text: "/pair contested" }),
    await write({ chatId: 1002, userId: 1002, text: "/pair contested" }),
  ];
  const answers = await Promise.all(updates.map((update) => deliver(update)));
  expect(answers.filter(({ said }) => said !== null)).toHaveLength(1);
  expect([...(await linesFor("contested", 1001)), ...(await linesFor("contested", 1002))]).toHaveLength(1);
});

test("an address that keeps guessing is turned away with 429 before any object wakes", async () => {
  const { keyHash } = await newSecret();
  let statuses: number[];
  let minute: number;
  // The runtime counts by the clock's minutes: only guesses of one minute say what the limit is.
  do {
    minute = Math.floor(Date.now() / MINUTE);
    const from = crypto.randomUUID();
    statuses = [];
    for (let n = 0; n < 12; n++) statuses.push((await redeem(`target-${n}`, "0000-0000", keyHash, from)).status);
  } while (Math.floor(Date.now() / MINUTE) !== minute);
  expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 403));
  expect(statuses.slice(10)).toEqual([429, 429]);
  const known = (await listDurableObjectIds(env.MACHINE)).map(String);
  expect(known).not.toContain(String(env.MACHINE.idFromName("target-11")));
  expect((await redeem("target-0", "0000-0000", keyHash, crypto.randomUUID())).status).toBe(403);
});

test.each([
  ["a name that no machine can have", "Upper", { code: "0000-0000", keyHash: "x".repeat(43) }, 400],
  ["a body without a code", "fine", { keyHash: "x".repeat(43) }, 400],
  ["a hash that is none", "fine", { code: "0000-0000", keyHash: "short" }, 400],
])("%s is refused", async (_, machineId, body, status) => {
  const response = await request(`/machines/${machineId}/pair`, {
    method: "POST",
    headers: { "CF-Connecting-IP": crypto.randomUUID() },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(status);
  expect(await bodyOf(response)).toEqual({ error: matching(/./) });
});
