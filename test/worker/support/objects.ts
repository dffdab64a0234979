import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sessionRef } from "../../../src/address/reply-token.ts";
import type { MachineDO } from "../../../src/machine/machine-do.ts";
import type { SessionDO } from "../../../src/session/session-do.ts";
import { MINUTE } from "./clock.ts";
import { until } from "./until.ts";

export function machineObject(machineId: string): DurableObjectStub<MachineDO> {
  return env.MACHINE.getByName(machineId);
}

export async function sessionObject(sessionId: string): Promise<DurableObjectStub<SessionDO>> {
  return env.SESSION.getByName(await sessionRef(sessionId));
}

type AnyObject = DurableObjectStub<MachineDO> | DurableObjectStub<SessionDO>;

/** Runs the alarm of an object now, whatever the runtime's clock says. False: there was none. */
export async function ring(object: AnyObject): Promise<boolean> {
  return runDurableObjectAlarm(object);
}

/** When an object's alarm will ring, in milliseconds since the epoch; null where it is off. */
export async function alarmOf(object: AnyObject): Promise<number | null> {
  return runInDurableObject(object, (_, state) => state.storage.getAlarm());
}

/** What a query finds in an object's storage; a statement that changes it is carried out. */
export async function query(
  object: AnyObject,
  sql: string,
  ...values: SqlStorageValue[]
): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(object, (_, state) => state.storage.sql.exec(sql, ...values).toArray());
}

/** The names of an object's tables: an object that stores nothing has none. */
export async function tablesOf(object: AnyObject): Promise<unknown[]> {
  const rows = await query(
    object,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  );
  return rows.map(({ name }) => name);
}

/** Waits until an object's alarm is off, or far away. */
export async function isQuiet(object: AnyObject): Promise<void> {
  await until("the object is quiet", async () => {
    const at = await alarmOf(object);
    return at === null || at > Date.now() + MINUTE;
  });
}
