import { runInDurableObject } from "cloudflare:test";
import type { MachineDO } from "../../../src/machine/machine-do.ts";
import type { SessionDO } from "../../../src/session/session-do.ts";

interface Statement {
  readonly sql: string;
  readonly rowsWritten: () => number;
  readonly rowsRead: () => number;
}

/** Watches what an object writes and reads, from now until it is evicted. */
export interface Meter {
  /**
   * One entry for each row that the platform bills, saying what wrote it: as the runtime counts them for statements, and
   * one for each time that an alarm is set.
   */
  readonly written: () => string[];
  readonly rowsRead: () => number;
}

/** Counts what an object that is awake does to its storage: by wrapping the one that it uses. */
export async function metered(object: DurableObjectStub<MachineDO> | DurableObjectStub<SessionDO>): Promise<Meter> {
  const statements: Statement[] = [];
  await runInDurableObject(object, (_, { storage }) => {
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    const meteredExec = (
      statement: string,
      ...values: SqlStorageValue[]
    ): SqlStorageCursor<Record<string, SqlStorageValue>> => {
      const cursor = exec(statement, ...values);
      statements.push({
        sql: statement.replaceAll(/\s+/g, " ").slice(0, 60),
        rowsWritten: () => cursor.rowsWritten,
        rowsRead: () => cursor.rowsRead,
      });
      return cursor;
    };
    Object.defineProperty(sql, "exec", { value: meteredExec, configurable: true });
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = async (...alarm) => {
      statements.push({ sql: "setAlarm", rowsWritten: () => 1, rowsRead: () => 0 });
      return setAlarm(...alarm);
    };
  });
  return {
    rowsRead: () => statements.reduce((sum, { rowsRead }) => sum + rowsRead(), 0),
    written: () => statements.flatMap(({ sql, rowsWritten }) => Array.from({ length: rowsWritten() }, () => sql)),
  };
}
