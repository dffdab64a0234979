import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { AGES } from "../../src/protocol.ts";
import type { Alarm } from "./history.ts";

/** What was not taken, or not told, is tried again within this. Milliseconds. */
const TRIED_AGAIN_MS = 30_000;
/** A connected machine is heard of all the time, and its row says so when it leaves. Milliseconds. */
const CONNECTED_MS = 86_400_000;

const SOON = `unixepoch() * 1000 + ${TRIED_AGAIN_MS}`;

/** What each kind of object has to be woken for, and when, by its tables. */
const DUE = {
  session: `SELECT receipt_due AS at FROM command
    UNION ALL SELECT accepted_at + ${AGES.rememberCommand} FROM command
    UNION ALL SELECT due_at FROM outbox WHERE seq IN (SELECT MIN(seq) FROM outbox GROUP BY chat_id)
    UNION ALL SELECT due_at FROM strike
    UNION ALL SELECT expires_at FROM question WHERE answer IS NULL AND closed_by IS NULL
    UNION ALL SELECT CASE WHEN ended_at IS NULL THEN ending_at ELSE ended_at + ${AGES.tokenAfterEnd} END FROM registration
    UNION ALL SELECT at + ${AGES.rememberCommand} FROM said
    UNION ALL SELECT at + ${AGES.rememberNotification} FROM notification`,
  machine: `SELECT CASE WHEN outcome IS NOT NULL THEN hand_on_at WHEN sent_on IS NULL THEN expires_at
    ELSE expires_at + ${AGES.resultAfterExpiry} END AS at FROM queue
    UNION ALL SELECT CASE WHEN state = 'open' THEN expires_at WHEN shown = state THEN expires_at + ${AGES.rememberCommand}
    ELSE ${SOON} END FROM pairing
    UNION ALL SELECT CASE WHEN ending IS NOT NULL THEN ${SOON}
    ELSE MAX(registered_at, IFNULL(last_seen_at, 0)) + ${AGES.registrationWithoutMachine + CONNECTED_MS} END
    FROM session, machine`,
} as const;

const Row = v.object({ due: v.number(), alarm: v.nullable(v.number()) });

/**
 * When this object has to be woken, and when it will be; nothing where it waits for nothing. The runtime keeps the alarm
 * in the object's own file, in nanoseconds, so that one look sees both as they were committed.
 */
export function alarmIn(database: DatabaseSync, kind: keyof typeof DUE, object: string): Alarm[] {
  const row = database
    .prepare(
      `SELECT MIN(at) AS due, (SELECT value / 1000000 FROM _cf_METADATA WHERE key = 1) AS alarm
       FROM (${DUE[kind]}) HAVING due IS NOT NULL`,
    )
    .get();
  return row === undefined ? [] : [{ object, ...v.parse(Row, row), at: Date.now() }];
}
