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

test("an agent that is killed between its journal and the terminal asks about that command, and types the next one once", async () => {
  // A `run` that is stopped takes the order and does nothing: the agent dies with a command that is being typed.
  process.kill(session.terminal.pid, "SIGSTOP");
  const first = system.reply(session.message, "first");
  await system.waitFor("the first one to be on its way", () => system.reactionsTo(first).includes("👀"));
  const second = system.reply(session.message, "second");
  await system.waitFor("the second one to be on its way", () => system.reactionsTo(second).includes("👀"));
  await system.killAgent("devbox");
  process.kill(session.terminal.pid, "SIGCONT");

  await system.startAgent("devbox");
  await system.waitFor("the first one to be in doubt", () => system.reactionsTo(first).includes("🤷"));
  await system.waitFor("the second one to be typed", () => system.reactionsTo(second).includes("👌"));
  await system.waitFor("its line", () => session.lines().includes("second"));

  const doubt = await system.botMessage("Nobody knows whether this was typed");
  expect(doubt.reply_to_message?.message_id).toBe(first.message?.message_id);
  expect(session.lines().filter((line) => line === "second")).toHaveLength(1);
  expect(session.lines().filter((line) => line === "first").length).toBeLessThanOrEqual(1);
});

test("a command in doubt is typed again only when the user asks for it", async () => {
  const doubt = await system.botMessage("Nobody knows whether this was typed");
  const before = session.lines().filter((line) => line === "first").length;
  system.press(doubt, "Send again");
  await system.waitFor(
    "the line to be typed",
    () => session.lines().filter((line) => line === "first").length === before + 1,
  );
  await system.waitFor("the button to say so", () =>
    JSON.stringify(system.now(doubt)?.reply_markup).includes("✓ Send again"),
  );
});
