import { afterAll, beforeAll, expect, test } from "vitest";
import { OWNER, startSystem } from "./system.ts";
import type { Session, System } from "./system.ts";

let system: System;
let session: Session;

beforeAll(async () => {
  system = await startSystem({ machines: ["devbox"] });
  session = await system.openSession("devbox");
});
afterAll(() => system.stop());

test("what waits for a machine that is unpaired is told, and never typed", async () => {
  await system.killAgent("devbox");
  const updates = ["one", "two"].map((text) => system.reply(session.message, text));
  await system.botMessage("2 waiting");
  system.telegram.send({ chatId: OWNER, userId: OWNER, text: "/unpair devbox" });
  await system.botMessage("devbox is unpaired");
  await system.waitFor("both to have failed", () =>
    updates.every((update) => system.reactionsTo(update).includes("👎")),
  );

  const agent = system.machine("devbox").launchAgent();
  await system.waitFor("the agent to say why it is offline", () => /offline: .*401/.test(agent.output()));
  expect(session.lines()).toEqual([]);
});

test("an agent that is online when its machine is unpaired stops, and says what to do", async () => {
  await system.killAgent("devbox");
  await system.pair("devbox");
  const agent = await system.machine("devbox").startAgent();
  system.telegram.send({ chatId: OWNER, userId: OWNER, text: "/unpair devbox" });
  await system.waitFor("the agent to end", () => agent.ended);
  expect(agent.output()).toMatch(/pair/);
});
