import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Schema } from "../../src/actor/schema.ts";
import { MACHINE_SCHEMA } from "../../src/machine/machine-schema.ts";
import { SESSION_SCHEMA } from "../../src/session/session-schema.ts";
import { machineObject, query, sessionObject, tablesOf } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { talkOn } from "./support/talk.ts";

const STEPS = [
  "CREATE TABLE fruit (name TEXT)",
  "ALTER TABLE fruit ADD COLUMN colour TEXT; CREATE TABLE bowl (size INTEGER)",
  "INSERT INTO fruit (name, colour) VALUES ('pear', 'green')",
];

/** Runs steps in an object that nothing else uses. */
async function inObject<Result>(name: string, work: (storage: DurableObjectStorage) => Result): Promise<Result> {
  return runInDurableObject(env.SESSION.getByName(name), (_, { storage }) => work(storage));
}

function versionOf(storage: DurableObjectStorage): unknown {
  return storage.sql.exec("SELECT version FROM schema_version").toArray();
}

test.each([0, 1, 2, 3])("an object that has run %i steps runs only the others", async (done) => {
  await inObject(`prefix-${done}`, (storage) => {
    if (done > 0) new Schema(storage, STEPS.slice(0, done)).create();
    const schema = new Schema(storage, STEPS);
    expect(schema.exists).toBe(done > 0);
    schema.create();
    expect(storage.sql.exec("SELECT * FROM fruit").toArray()).toEqual([{ name: "pear", colour: "green" }]);
    expect(versionOf(storage)).toEqual([{ version: 3 }]);
    // Again changes nothing.
    new Schema(storage, STEPS).upgrade();
    expect(storage.sql.exec("SELECT * FROM fruit").toArray()).toHaveLength(1);
  });
});

test("a step that fails leaves nothing of itself or of the steps before it", async () => {
  await inObject("failing", (storage) => {
    new Schema(storage, STEPS.slice(0, 1)).create();
    const schema = new Schema(storage, [...STEPS.slice(0, 2), "INSERT INTO no_fruit VALUES (1)"]);
    expect(() => schema.upgrade()).toThrow("no such table");
    expect(versionOf(storage)).toEqual([{ version: 1 }]);
    expect(storage.sql.exec("SELECT name FROM pragma_table_info('fruit')").toArray()).toEqual([{ name: "name" }]);
    new Schema(storage, STEPS).upgrade();
    expect(versionOf(storage)).toEqual([{ version: 3 }]);
  });
});

test("an object that was never created is not created by looking", async () => {
  await inObject("untouched", (storage) => {
    const schema = new Schema(storage, STEPS);
    schema.upgrade();
    expect(schema.exists).toBe(false);
  });
  expect(await tablesOf(env.SESSION.getByName("untouched"))).toEqual([]);
});

test("an older Worker leaves alone what a newer one has done, and the newer one finds it done", async () => {
  await inObject("rolled-back", (storage) => {
    new Schema(storage, STEPS).create();
    const older = new Schema(storage, STEPS.slice(0, 1));
    older.upgrade();
    older.create();
    expect(versionOf(storage)).toEqual([{ version: 3 }]);
    new Schema(storage, STEPS).upgrade();
    expect(storage.sql.exec("SELECT * FROM fruit").toArray()).toHaveLength(1);
  });
});

test("a schema that was wiped can be created again by the same instance", async () => {
  await runInDurableObject(env.SESSION.getByName("wiped"), async (_, { storage }) => {
    const schema = new Schema(storage, STEPS);
    schema.create();
    await schema.wipe();
    expect(schema.exists).toBe(false);
    schema.create();
    expect(versionOf(storage)).toEqual([{ version: 3 }]);
  });
});

test.each([
  { what: "a session", steps: SESSION_SCHEMA },
  { what: "a machine", steps: MACHINE_SCHEMA },
])("every older schema of $what is brought up to what a new one has", async ({ what, steps }) => {
  const shapeOf = (storage: DurableObjectStorage): unknown =>
    storage.sql
      .exec("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name")
      .toArray();
  const fresh = await inObject(`${what} new`, (storage) => {
    new Schema(storage, steps).create();
    return shapeOf(storage);
  });
  for (let done = 1; done <= steps.length; done++) {
    const upgraded = await inObject(`${what} from ${done}`, (storage) => {
      new Schema(storage, steps.slice(0, done)).create();
      new Schema(storage, steps).upgrade();
      return shapeOf(storage);
    });
    expect(upgraded).toEqual(fresh);
  }
});

test("objects whose schema is behind are brought up to date when they wake, and go on", async () => {
  const talk = await talkOn("aged", "s-aged");
  const hello = await talk.hear("Ready.");
  const next = "CREATE TABLE brought_by_an_update (one INTEGER)";
  for (const object of [machineObject("aged"), await sessionObject("s-aged")]) {
    // What the next version of the code would find: the present tables, and one step to go.
    const steps = object.name === "aged" ? MACHINE_SCHEMA : SESSION_SCHEMA;
    await runInDurableObject(object, (_, { storage }) => new Schema(storage, [...steps, next]).upgrade());
    expect(await tablesOf(object)).toContain("brought_by_an_update");
    expect(await query(object, "SELECT version FROM schema_version")).toEqual([{ version: steps.length + 1 }]);
  }
  await evictAll();
  const socket = await talk.machine.connect({ sessions: ["s-aged"] });
  await talk.reply("still works", hello);
  expect((await socket.next("command")).command).toBe("still works");
});
