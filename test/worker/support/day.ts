import { runInDurableObject } from "cloudflare:test";
import type { SessionDO } from "../../../src/session/session-do.ts";
import { MINUTE } from "./clock.ts";
import { query, ring } from "./objects.ts";
import { evictAll } from "./router.ts";

/** What a day of work leaves in a session: as many commands are remembered as there were turns, and more of the rest. */
export const DAY_OF_WORK = { commands: 200, notifications: 400, questions: 40 };

/**
 * Leaves in a session what a day of work does: commands and questions with an outcome, notifications that were sent. Its
 * alarm has looked through all that. Evicts every object.
 */
export async function leaveADay(session: DurableObjectStub<SessionDO>): Promise<void> {
  await runInDurableObject(session, async (_, { storage }) => {
    const { sql } = storage;
    const at = Date.now() - MINUTE;
    for (let n = 0; n < DAY_OF_WORK.commands; n++)
      sql.exec(
        `INSERT INTO command (is_open, name, position, kind, text, chat_id, message_id, session_id, machine_id, owner_id,
           state, accepted_at, expires_at, receipt)
         SELECT 0, ?, ?, 'text', 'go on', owner_id, ?, session_id, machine_id, owner_id, 'accepted', ?, ?, 'done'
         FROM registration`,
        `m1.${n}`,
        n,
        n,
        at,
        at,
      );
    for (let n = 0; n < DAY_OF_WORK.notifications; n++)
      sql.exec(
        "INSERT INTO notification (id, chat_id, at, message_ids) SELECT ?, owner_id, ?, '[1]' FROM registration",
        `day-${n}`,
        at,
      );
    for (let n = 0; n < DAY_OF_WORK.questions; n++)
      sql.exec(
        `INSERT INTO question (is_open, nonce, chat_id, message_id, expires_at, answer)
         SELECT 0, ?, owner_id, ?, ?, 'm1.1' FROM registration`,
        `day-${n}`,
        n,
        at,
      );
    await storage.setAlarm(Date.now() + MINUTE);
  });
  // What it kept in memory of its tables is not so any more.
  await evictAll();
  await ring(session);
  const [looked] = await query(session, "SELECT next_at FROM pruning");
  if (!(Number(looked?.["next_at"]) > Date.now())) throw new Error("its alarm did not look through what it remembers");
  await evictAll();
}
