import { expect, test } from "vitest";
import { chatWith, stateOf, waitingOn } from "./support/commands.ts";
import { messageWith, pairMachine } from "./support/machine.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("after the agent lost its journal nobody knows what became of what was sent; what was never sent is sent", async () => {
  const devbox = await pairMachine("forgetful");
  await devbox.register("s-forgetful");
  const before = await devbox.connect({ sessions: ["s-forgetful"], journalEpoch: "first" });
  const type = await chatWith(devbox, "s-forgetful");
  const sent = await type("sent");
  await before.next("command");
  before.close(1000);
  await until("the machine is offline", async () => (await devbox.inspect()).body["online"] === false);
  const waiting = await type("waiting");
  await evictAll();

  const after = await devbox.connect({ sessions: ["s-forgetful"], journalEpoch: "second" });
  expect(await after.hasTexts(1)).toEqual(["waiting"]);
  await until("the session was told", async () => (await stateOf("s-forgetful", sent.name)).state === "unknown");
  expect(await stateOf("s-forgetful", sent.name)).toMatchObject({ error: "forgetful lost its journal" });
  expect(await messageWith("Nobody knows whether this was typed: forgetful lost its journal")).toMatchObject({
    reply_to_message: { message_id: sent.messageId },
  });
  await evictAll();
  await after.carryOut(await after.next("command"));
  expect(await stateOf("s-forgetful", waiting.name)).toMatchObject({ state: "typed" });
  expect(await waitingOn(devbox)).toEqual([]);
});

test("an agent that comes back with the same journal is sent what has no outcome", async () => {
  const devbox = await pairMachine("faithful");
  await devbox.register("s-faithful");
  const before = await devbox.connect({ sessions: ["s-faithful"], journalEpoch: "same", bootId: "one" });
  const type = await chatWith(devbox, "s-faithful");
  const asked = await type("sent");
  await before.next("command");
  await evictAll();
  const after = await devbox.connect({ sessions: ["s-faithful"], journalEpoch: "same", bootId: "two" });
  await after.carryOut(await after.next("command"));
  expect(await stateOf("s-faithful", asked.name)).toMatchObject({ state: "typed" });
});
