import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Schema } from "../../src/actor/schema.ts";
import { newToken, sessionRef } from "../../src/address/reply-token.ts";
import { MACHINE_SCHEMA } from "../../src/machine/machine-schema.ts";
import { SESSION_SCHEMA } from "../../src/session/session-schema.ts";
import { HOUR } from "./support/clock.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring, sessionObject } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { say, Talk } from "./support/talk.ts";
import { messagesIn } from "./support/telegram.ts";
import { until } from "./support/until.ts";

/** Replaces all that an object stores by what its first version would have stored: never change these rows. */
async function asFirst(
  object: Parameters<typeof query>[0],
  schema: readonly string[],
  rows: readonly [sql: string, ...values: SqlStorageValue[]][],
): Promise<void> {
  await runInDurableObject(object, async (_, { storage }) => {
    await storage.deleteAll();
    new Schema(storage, schema.slice(0, 1)).create();
    for (const [sql, ...values] of rows) storage.sql.exec(sql, ...values);
  });
  await evictAll();
}

test("what the first version stored is read, sent, told and answered by this one", async () => {
  const machine = await pairMachine("first");
  const talk = new Talk(machine, "s-first");
  const ref = await sessionRef("s-first");
  const [now, then] = [Date.now(), Date.now() + HOUR];
  const token = newToken(ref);
  const [paired] = await query(machineObject("first"), "SELECT key_hash FROM machine");
  const job = { do: "send", text: "from the first version", entities: [], keyboard: null, role: "note", silent: true };
  const card = JSON.stringify([[{ text: "Yes", callback_data: `cmd:${token}:?q1.yes` }]]);
  const asked = `INSERT INTO command (name, position, kind, text, chat_id, message_id, session_id, machine_id, owner_id,
    state, accepted_at, expires_at, receipt) VALUES (?, ?, ?, ?, 1001, 1, 's-first', 'first', 1001, 'offered', ?, ?, 'none')`;
  await asFirst(await sessionObject("s-first"), SESSION_SCHEMA, [
    [
      `INSERT INTO registration (one, session_id, machine_id, owner_id, label, registered_at)
       VALUES (1, 's-first', 'first', 1001, 'api', ?)`,
      now,
    ],
    ["INSERT INTO token VALUES (1001, ?)", token],
    [asked, "m1001.901", 1, "text", "waits", now, then],
    [asked, "m1001.902", 2, "key", "escape", now, then],
    [asked, "m1001.903", 3, "text", "is over", now, then],
    [
      `INSERT INTO strike (machine_id, owner_id, leaving, due_at) VALUES ('gone', 1001, '{"how":"moved","to":"first"}', ?)`,
      now,
    ],
    ["INSERT INTO said VALUES ('m1001.900', 'said before', ?)", now],
    ["INSERT INTO message VALUES (1001, 77, ?, 'question', ?)", card, now],
    ["INSERT INTO question (nonce, chat_id, message_id, expires_at) VALUES ('q1', 1001, 77, ?)", then],
    ["INSERT INTO notification (id, chat_id, at, message_ids) VALUES ('n1', 1001, ?, '[77]')", now],
    [
      "INSERT INTO outbox (chat_id, job, due_at) VALUES (1001, ?, ?)",
      JSON.stringify({ ...job, replyTo: null, notification: null, nonce: null }),
      now,
    ],
    ["INSERT INTO waiting VALUES (1001, 78, ?, 'first sleeps · 1 waiting')", now],
  ]);
  // After its session: an alarm of the pairing that is under way hands on what it finds here.
  const queued = "INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, expires_at";
  await asFirst(machineObject("first"), MACHINE_SCHEMA, [
    ["INSERT INTO machine VALUES (1, 'first', 1001, ?, 3, 'epoch', '0.0.1', ?)", paired?.["key_hash"] ?? null, now],
    ["INSERT INTO session VALUES ('s-first', 1001, 'api', ?, NULL)", now],
    [`${queued}) VALUES (?, 1001, 's-first', 'text', 0, 'waits', ?)`, `${ref}.m1001.901`, then],
    [`${queued}, sent_on) VALUES (?, 1001, 's-first', 'key', 1, 'escape', ?, 3)`, `${ref}.m1001.902`, then],
    [
      `${queued}, outcome, error, hand_on_at) VALUES (?, 1001, 's-first', 'text', 0, 'is over', ?, 'failed', 'why', ?)`,
      `${ref}.m1001.903`,
      then,
      now,
    ],
  ]);

  const socket = await machine.connect({ sessions: ["s-first"] });
  expect(await socket.hasTexts(2)).toEqual(["escape", "waits"]);
  for (const command of socket.commands()) await socket.carryOut(command, "accepted");
  // An alarm may be under way by itself: then there is none to be rung.
  await until("all have an outcome that was told, and nothing is left", async () => {
    for (const object of [machineObject("first"), await sessionObject("s-first")]) await ring(object);
    const left = await talk.rows(
      "SELECT name FROM command WHERE state = 'offered' UNION ALL SELECT seq FROM outbox UNION ALL SELECT machine_id FROM strike",
    );
    return left.length === 0;
  });
  const rows = await talk.rows("SELECT state FROM command ORDER BY position");
  expect(rows.map(({ state }) => state)).toEqual(["accepted", "accepted", "failed"]);
  expect((await messagesIn(1001)).map(({ text }) => text)).toContain("from the first version");
  await say(`/cmd ${token} and goes on`);
  expect((await socket.hasTexts(3)).at(-1)).toBe("and goes on");
  expect((await machine.notify("s-first", "Again.", { id: "n1" })).body["messageId"]).toBe(77);
});
