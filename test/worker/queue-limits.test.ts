import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { LIMITS } from "../../src/protocol.ts";
import { chatWith, give, offer, offersFrom, stateOf, waitingOn } from "./support/commands.ts";
import { messageWith, pairMachine } from "./support/machine.ts";
import { containing } from "./support/matching.ts";
import { machineObject, query } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";

test("the command that is one too many for its session is told at once, and other sessions go on", async () => {
  const devbox = await pairMachine("full");
  await devbox.register("s-full");
  await devbox.register("s-other");
  const type = await chatWith(devbox, "s-full");
  await give(devbox, ...(await offersFrom("s-full", 1_000_001, 1_000_000 + LIMITS.queuedPerSession)));
  const asked = await type("one more");
  expect(await stateOf("s-full", asked.name)).toMatchObject({ state: "failed" });
  await messageWith("500 commands wait for this session already");
  await evictAll();
  expect(await give(devbox, await offer("s-other", 1))).toMatchObject([{ status: "taken" }]);
  expect((await devbox.inspect()).body).toMatchObject({ queued: LIMITS.queuedPerSession + 1 });

  const [first] = await offersFrom("s-full", 1_000_001, 1_000_001);
  if (first === undefined) throw new Error("one was made");
  await machineObject("full").cancel(devbox.owner, [first.id]);
  expect(await give(devbox, await offer("s-full", 1))).toMatchObject([{ status: "taken" }]);
});

test("a command that a full session offered before is still taken", async () => {
  const devbox = await pairMachine("brimful");
  await devbox.register("s-brimful");
  const offers = await offersFrom("s-brimful", 1, LIMITS.queuedPerSession);
  await give(devbox, ...offers);
  await evictAll();
  expect(await give(devbox, ...offers.slice(-2))).toMatchObject([{ status: "taken" }, { status: "taken" }]);
});

test("the command that is one too many for its machine is told at once", async () => {
  const devbox = await pairMachine("crowded");
  await devbox.register("s-crowded");
  await runInDurableObject(machineObject("crowded"), (_, state) => {
    state.storage.sql.exec(
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
       INSERT INTO queue (id, owner_id, session_id, kind, urgent, command, expires_at)
       SELECT 'AAAAAAAAAAAAAAAA.m1.' || n, ?, 's-' || (n % 100), 'text', 0, '', ? FROM n`,
      LIMITS.queuedPerMachine,
      devbox.owner,
      Date.now() + 3_600_000,
    );
  });
  await evictAll();
  expect(await give(devbox, await offer("s-crowded", 1))).toMatchObject([
    { status: "final", outcome: "failed", error: containing("20000 commands wait for this machine") },
  ]);
  expect(await waitingOn(devbox)).toHaveLength(LIMITS.queuedPerMachine);
});

test("a machine takes commands only for sessions in its index, and only from its owner", async () => {
  const devbox = await pairMachine("choosy");
  await devbox.register("s-choosy");
  const stranger = await offer("s-unknown", 1);
  expect(await give(devbox, stranger)).toEqual([{ id: stranger.id, status: "not-here" }]);
  const foreign = await offer("s-choosy", 1);
  await evictAll();
  expect(await machineObject("choosy").offer(1002, [foreign])).toEqual([{ id: foreign.id, status: "not-here" }]);
  expect(await query(machineObject("choosy"), "SELECT * FROM queue")).toEqual([]);
});

test("a command that JSON makes too long for a frame fails and is told, whether the machine is awake or asleep", async () => {
  const devbox = await pairMachine("bulky");
  await devbox.register("s-bulky");
  const monster = "\u0001".repeat(LIMITS.commandBytes);
  await give(devbox, await offer("s-bulky", 1, { command: monster }), await offer("s-bulky", 2));
  await evictAll();
  const socket = await devbox.connect({ sessions: ["s-bulky"] });
  expect(await socket.hasTexts(1)).toEqual(["s-bulky 2"]);
  expect(await give(devbox, await offer("s-bulky", 3, { command: monster }))).toMatchObject([
    { status: "final", outcome: "failed" },
  ]);
  await socket.settled();
  expect(socket.commands()).toHaveLength(1);
});
