import { afterAll, beforeAll, expect, test } from "vitest";
import { startSystem } from "./system.ts";
import type { Session, System } from "./system.ts";

let system: System;
let session: Session;

beforeAll(async () => {
  system = await startSystem({ machines: ["devbox"] });
  session = await system.openSession("devbox");
});
afterAll(() => system.stop());

test("a runtime that is killed right after its 200 has lost nothing: the command is typed once after the return", async () => {
  await system.killAgent("devbox");
  const updates = ["one", "two", "three"].map((text) => system.reply(session.message, text));
  const taken = (id: number): boolean =>
    system.telegram.deliveries.some(({ update_id, status }) => update_id === id && status === 200);
  await system.waitFor("the updates to be taken", () => updates.every(({ update_id }) => taken(update_id)));
  await system.router.kill();

  await system.router.restart();
  await system.startAgent("devbox");
  await system.waitFor("three receipts", () => updates.every((update) => system.reactionsTo(update).includes("👌")));
  await system.waitFor("three lines", () => session.lines().length >= 3);
  expect(session.lines()).toEqual(["one", "two", "three"]);
});

test("an agent whose router dies goes on by itself, and what came meanwhile is typed", async () => {
  const before = session.lines().length;
  await system.router.kill();
  const update = system.reply(session.message, "written while the router was away");
  await system.router.restart();
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
  await system.waitFor("the line", () => session.lines().length > before);
  expect(session.lines().slice(before)).toEqual(["written while the router was away"]);
});
