import { afterAll, beforeAll, expect, test } from "vitest";
import { startSystem } from "./system.ts";
import type { Session, System } from "./system.ts";

let system: System;
let atDesk: Session;

beforeAll(async () => {
  system = await startSystem({ machines: ["devbox", "macbook"] });
  atDesk = await system.openSession("devbox", "work", "one-session");
});
afterAll(() => system.stop());

test("an update that comes again after its session moved is typed on neither machine a second time", async () => {
  const update = system.reply(atDesk.message, "only once");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));

  // The same session starts on the laptop: the younger start wins.
  const atLaptop = await system.openSession("macbook", "work", "one-session");
  await system.telegram.redeliver(update.update_id);
  const next = system.reply(atDesk.message, "after the move");
  await system.waitFor("the next receipt", () => system.reactionsTo(next).includes("👌"));
  await system.waitFor("the line on the laptop", () => atLaptop.lines().length > 0);

  expect(atDesk.lines()).toEqual(["only once"]);
  expect(atLaptop.lines()).toEqual(["after the move"]);
});
