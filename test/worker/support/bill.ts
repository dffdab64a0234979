import { runInDurableObject } from "cloudflare:test";
import { MachineDO } from "../../../src/machine/machine-do.ts";
import { SessionDO } from "../../../src/session/session-do.ts";
import { machineObject } from "./objects.ts";

/** What Cloudflare bills for Durable Objects, counted where it happens. */
export interface Units {
  /** Calls of objects: RPC, `fetch` (a socket's upgrade) and alarms; each is a request. */
  requests: number;
  /** WebSocket messages to an object; twenty are billed as one request. */
  messages: number;
  /** What statements wrote, by the runtime's own count (an index is a row more), and one for each alarm that was set. */
  rowsWritten: number;
  rowsRead: number;
  /** Of `rowsWritten`: alarms that were set. */
  alarmsSet: number;
  /** Not billed, but they are the processor time: SQL statements. */
  statements: number;
  /** Every call and statement with how often it came, for whoever looks for what to save. */
  readonly lines: Map<string, number>;
}

/** What is called on an object and is no request of its own: a message is billed apart, a close not at all. */
const NO_REQUESTS = new Set(["constructor", "webSocketMessage", "webSocketClose", "webSocketError"]);

/** The part of a cursor that counts; it goes on counting while the cursor is read. */
interface Cursor {
  readonly rowsWritten: number;
  readonly rowsRead: number;
}

let cursors: Cursor[] = [];
let units = fresh();
let isOpen = false;

/** Starts counting. The objects and the tests share an isolate, so wrapping what all objects call counts all of them. */
export async function openBill(): Promise<void> {
  if (!isOpen) {
    await runInDurableObject(machineObject("bill"), (_, { storage }) => {
      watchStatements(prototypeOf(storage.sql));
      watch(prototypeOf(storage), "setAlarm", countAlarm);
    });
    for (const { name, prototype } of [SessionDO, MachineDO]) {
      for (const method of Object.getOwnPropertyNames(prototype)) {
        if (method !== "constructor" && typeof Reflect.get(prototype, method) === "function")
          watch(prototype, method, () => countCall(name, method));
      }
    }
    isOpen = true;
  }
  cursors = [];
  units = fresh();
}

/** What was used since the bill was opened. */
export function bill(): Units {
  const rowsRead = cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
  const rowsWritten = cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, units.alarmsSet);
  return { ...units, rowsRead, rowsWritten, statements: cursors.length };
}

function fresh(): Units {
  return { requests: 0, messages: 0, rowsWritten: 0, rowsRead: 0, alarmsSet: 0, statements: 0, lines: new Map() };
}

function note(line: string): void {
  units.lines.set(line, (units.lines.get(line) ?? 0) + 1);
}

/** The cursor of several statements in one text counts the last of them alone: so each is a call of its own. */
function watchStatements(on: object): void {
  const exec: unknown = Reflect.get(on, "exec");
  if (typeof exec !== "function") throw new Error("there is no method exec");
  Reflect.set(on, "exec", function watched(this: unknown, text: string, ...values: unknown[]): unknown {
    const statements = values.length > 0 ? [text] : text.split(";").filter((statement) => statement.trim() !== "");
    return statements.map((statement) => counted(Reflect.apply(exec, this, [statement, ...values]), statement)).at(-1);
  });
}

function counted(cursor: unknown, statement: string): unknown {
  if (!isCursor(cursor)) throw new Error("a statement returns a cursor");
  cursors.push(cursor);
  note(statement.replaceAll(/\s+/g, " ").trim().slice(0, 90));
  return cursor;
}

function countAlarm(): void {
  units.alarmsSet += 1;
  note("setAlarm");
}

function countCall(name: string, method: string): void {
  note(`${name}.${method}`);
  if (method === "webSocketMessage") units.messages += 1;
  if (!NO_REQUESTS.has(method)) units.requests += 1;
}

/** Has `count` told of each call of a method. */
function watch(on: object, method: string, count: (result: unknown, args: readonly unknown[]) => void): void {
  const work: unknown = Reflect.get(on, method);
  if (typeof work !== "function") throw new Error(`there is no method ${method}`);
  Reflect.set(on, method, function watched(this: unknown, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(work, this, args);
    count(result, args);
    return result;
  });
}

function prototypeOf(value: object): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== "object" || prototype === null) throw new Error("it has no prototype");
  return prototype;
}

function isCursor(value: unknown): value is Cursor {
  return typeof value === "object" && value !== null && "rowsWritten" in value && "rowsRead" in value;
}
