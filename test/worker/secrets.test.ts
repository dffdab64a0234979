import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { MINUTE } from "./support/clock.ts";
import { askForCode, newSecret, redeem } from "./support/machine.ts";
import { query, sessionObject } from "./support/objects.ts";
import { asAgent, deliver, evictAll, request } from "./support/router.ts";
import { awakeTalkOn } from "./support/talk.ts";
import { fault, write } from "./support/telegram.ts";

const CANARY = "canary-text-of-the-user";

/** Everything that is written to any console while `work` runs. */
async function logOf(work: () => Promise<void>): Promise<string> {
  const methods = (["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name));
  try {
    await work();
    return methods.flatMap(({ mock }) => mock.calls.map((call) => call.map(String).join(" "))).join("\n");
  } finally {
    for (const method of methods) method.mockRestore();
  }
}

test("no secret and no text of a user stands in the log, whatever goes wrong", async () => {
  const secrets: string[] = [
    env.TELEGRAM_BOT_TOKEN,
    env.TELEGRAM_WEBHOOK_SECRET,
    env.TELEGRAM_WEBHOOK_PATH_SECRET,
    env.MACHINE_KEY_SECRET,
    CANARY,
  ];
  const bodies: string[] = [];
  const log = await logOf(async () => {
    const { code } = await askForCode("logged");
    const { random, keyHash } = await newSecret();
    secrets.push(code, code.slice("logged-".length), random, keyHash);
    for (const body of [
      await redeem("logged", "WRONG-CODE", keyHash),
      await redeem("logged", code, "not a hash"),
      await redeem("logged", code, keyHash),
      await redeem("logged", code, keyHash.toUpperCase()),
    ])
      bodies.push((await body.text()).replace(/"mac":"[^"]*"/, ""));

    const { talk, socket } = await awakeTalkOn("chatty", "s-chatty");
    secrets.push(talk.machine.key);
    for (const kind of ["500", "429", "drop", "timeout-after-success"] as const)
      await fault({ chatId: talk.chatId, kind, times: 1 });
    for (let n = 0; n < 4; n++) {
      await talk.machine.notify("s-chatty", CANARY, { id: "n1" });
      await talk.later(MINUTE);
    }
    for (const kind of ["500", "drop", "timeout-after-success"] as const)
      await fault({ method: "sendDocument", chatId: talk.chatId, kind, times: 1 });
    for (let n = 0; n < 4; n++) {
      const question = { nonce: "q1", remainingMs: MINUTE };
      const { status } = await talk.machine.notify("s-chatty", `${CANARY} `.repeat(400), { id: "n2", question });
      expect(status).toBe(n === 3 ? 200 : 202);
      await talk.later(MINUTE);
    }
    const { body } = await talk.machine.notify("s-chatty", CANARY);
    const token = String(body["token"]);
    secrets.push(token);
    const again = await talk.machine.connect({ sessions: ["s-chatty"] });
    const update = await write({ chatId: talk.chatId, userId: talk.chatId, text: `/cmd ${token} ${CANARY}` });
    await deliver(update);
    const command = await again.next("command");
    again.send({ type: "commandResult", id: command.id, text: CANARY });
    again.send(`{"type":"journaled","id":"${CANARY}"`);
    again.send({ type: `x${CANARY}`.slice(0, 8), text: CANARY });
    await again.settled();
    await again.carryOut(command, "failed", "the terminal is gone");
    for (const path of ["/sessions/register", "/notifications/send"]) {
      const wrong = await asAgent(talk.machine.key, "POST", path, { sessionId: { secret: CANARY }, text: 5, token });
      bodies.push(JSON.stringify(wrong.body));
    }
    // A bug: whatever it says goes to the log, and only there.
    await evictAll();
    await query(await sessionObject("s-chatty"), "ALTER TABLE command RENAME TO hidden");
    const broken = await request(`/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`, {
      method: "POST",
      headers: { "X-Telegram-Bot-Api-Secret-Token": env.TELEGRAM_WEBHOOK_SECRET },
      body: JSON.stringify(update),
    });
    bodies.push(await broken.text());
    bodies.push(JSON.stringify((await talk.inspect()).body));
    await query(await sessionObject("s-chatty"), "ALTER TABLE hidden RENAME TO command");
    for (const headers of [{ Authorization: `Bearer ${talk.machine.key}x` }, { Authorization: talk.machine.key }])
      bodies.push(await (await request("/sessions", { headers })).text());
    socket.close();
  });
  expect(log).toContain("telegram.no-answer");
  expect(log).toContain("telegram.too-fast");
  expect(log).toContain("webhook.failed");
  expect(log).toContain("frame.refused");
  for (const line of log.split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
  for (const secret of secrets) {
    expect(log).not.toContain(secret);
    expect(bodies.join("\n")).not.toContain(secret);
  }
});

test("an error of the router is a 500 without a stack, and in the log", async () => {
  const { talk } = await awakeTalkOn("broken", "s-broken");
  await query(await sessionObject("s-broken"), "ALTER TABLE message RENAME TO hidden");
  const log = await logOf(async () => {
    expect(await talk.inspect()).toEqual({
      status: 500,
      body: { error: "an error in the router: its log says more" },
    });
  });
  expect(log).toContain("request.failed");
});

test("a path that is not there is 404 in the same form", async () => {
  for (const path of ["/", "/sessions/a/b", "/nothing"]) {
    const response = await request(path);
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 404,
      body: { error: "there is nothing here" },
    });
  }
  expect(await (await request("/health")).text()).toBe("ok");
});
