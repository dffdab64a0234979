import { expect, test } from "vitest";
import { chatWith, give, offer, offersFrom, stateOf, waitingOn } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("what never left is cancelled at once, told as that, and never sent", async () => {
  const devbox = await pairMachine("calm");
  await devbox.register("s-calm");
  const type = await chatWith(devbox, "s-calm");
  const asked = await type("never mind");
  await type("/cancel");
  expect(await stateOf("s-calm", asked.name)).toMatchObject({ state: "cancelled" });
  await evictAll();
  const socket = await devbox.connect({ sessions: ["s-calm"] });
  await socket.settled();
  expect(socket.commands()).toEqual([]);
  await until("nothing is left", async () => (await query(machineObject("calm"), "SELECT * FROM queue")).length === 0);
});

test("what was sent is cancelled by the agent: its result counts, whether it is cancelled or typed", async () => {
  const devbox = await pairMachine("hasty");
  await devbox.register("s-hasty");
  const socket = await devbox.connect({ sessions: ["s-hasty"] });
  const type = await chatWith(devbox, "s-hasty");
  const [one, two] = [await type("one"), await type("two")];
  await socket.hasTexts(2);
  await type("/cancel");
  expect([(await socket.next("cancel")).id, (await socket.next("cancel")).id]).toEqual([one.id, two.id]);
  expect(await stateOf("s-hasty", one.name)).toMatchObject({ state: "offered" });
  await evictAll();
  const [first, second] = [await socket.next("command"), await socket.next("command")];
  await socket.carryOut(first, "typed");
  await socket.carryOut(second, "cancelled");
  expect(await stateOf("s-hasty", one.name)).toMatchObject({ state: "typed" });
  expect(await stateOf("s-hasty", two.name)).toMatchObject({ state: "cancelled" });
});

test("a cancel that was wanted is asked for on every new connection instead of the command, before all else", async () => {
  const devbox = await pairMachine("stubborn");
  await devbox.register("s-stubborn");
  const first = await devbox.connect({ sessions: ["s-stubborn"] });
  await give(devbox, ...(await offersFrom("s-stubborn", 1, 20)));
  await first.hasTexts(16);
  first.close(1000);
  await until("the machine is offline", async () => (await devbox.inspect()).body["online"] === false);
  const wanted = await offer("s-stubborn", 12);
  await evictAll();
  expect(await machineObject("stubborn").cancel(devbox.owner, [wanted.id])).toEqual([
    { id: wanted.id, status: "asked" },
  ]);
  for (let time = 0; time < 2; time++) {
    await evictAll();
    const socket = await devbox.connect({ sessions: ["s-stubborn"] });
    const texts = await socket.hasTexts(16);
    expect(texts).not.toContain("s-stubborn 12");
    expect(texts.at(-1)).toBe("s-stubborn 17");
    expect(socket.frames().filter(({ type }) => type !== "resultStored")[1]).toEqual({
      type: "cancel",
      id: wanted.id,
      sessionId: "s-stubborn",
    });
  }
});

test("a cancel of what was sent on an older connection, and not again yet, is asked for at once", async () => {
  const devbox = await pairMachine("early-bird");
  await devbox.register("s-bird");
  const first = await devbox.connect({ sessions: ["s-bird"] });
  await give(devbox, ...(await offersFrom("s-bird", 1, 17)));
  for (const command of [await first.next("command")]) first.journal(command);
  await first.hasTexts(17);
  const second = await devbox.connect({ sessions: ["s-bird"] });
  expect(await second.hasTexts(16)).not.toContain("s-bird 17");
  const wanted = await offer("s-bird", 17);
  await evictAll();
  await machineObject("early-bird").cancel(devbox.owner, [wanted.id]);
  expect(await second.next("cancel")).toEqual({ type: "cancel", id: wanted.id, sessionId: "s-bird" });
  second.journal(await second.next("command"));
  expect(await second.hasTexts(16)).not.toContain("s-bird 17");
});

test("cancelling a command whose result the session has yet to hear of promises nothing", async () => {
  const devbox = await pairMachine("truant");
  await devbox.register("s-truant");
  const socket = await devbox.connect({ sessions: ["s-truant"], journalEpoch: "first" });
  const one = await offer("s-truant", 1);
  await give(devbox, one);
  await socket.hasTexts(1);
  await query(machineObject("truant"), "UPDATE queue SET outcome = 'typed', hand_on_at = ?", Date.now() + 60_000);
  await evictAll();
  expect(await machineObject("truant").cancel(devbox.owner, [one.id])).toEqual([{ id: one.id, status: "asked" }]);
});

test("another user's cancel finds nothing", async () => {
  const devbox = await pairMachine("private");
  await devbox.register("s-private");
  const one = await offer("s-private", 1);
  await give(devbox, one);
  await evictAll();
  expect(await machineObject("private").cancel(1002, [one.id])).toEqual([{ id: one.id, status: "not-here" }]);
  expect(await waitingOn(devbox)).toEqual([one.id]);
});

test("a session that leaves takes back what never left, and asks for the rest to be cancelled, as often as it says so", async () => {
  const devbox = await pairMachine("left-behind");
  await devbox.register("s-leaving");
  await devbox.register("s-staying");
  const socket = await devbox.connect({ sessions: ["s-leaving", "s-staying"] });
  await give(devbox, ...(await offersFrom("s-leaving", 1, 17)), await offer("s-staying", 1));
  await socket.hasTexts(16);
  for (let time = 0; time < 2; time++) {
    await evictAll();
    await machineObject("left-behind").strike(devbox.owner, "s-leaving", { how: "moved", to: "macbook" });
  }
  expect(await query(machineObject("left-behind"), "SELECT session_id FROM session")).toEqual([
    { session_id: "s-staying" },
  ]);
  await socket.settled();
  const cancels = socket.frames().flatMap((frame) => (frame.type === "cancel" ? [frame.id] : []));
  expect(new Set(cancels)).toEqual(new Set((await offersFrom("s-leaving", 1, 16)).map(({ id }) => id)));
  const left = await waitingOn(devbox);
  expect(left).not.toContain((await offer("s-leaving", 17)).id);
  expect(left).toHaveLength(17);
  // What the agent makes of the cancels makes room for the session that stays.
  for (const command of socket.commands()) socket.result(command, "cancelled");
  expect((await socket.hasTexts(17)).at(-1)).toBe("s-staying 1");
});

test("an edit reaches a command that never left, and none that did", async () => {
  const devbox = await pairMachine("editor");
  await devbox.register("s-editor");
  const [one, two] = [await offer("s-editor", 1), await offer("s-editor", 2)];
  await give(devbox, one);
  await evictAll();
  expect(await machineObject("editor").edit(devbox.owner, one.id, "better")).toBe(true);
  expect(await machineObject("editor").edit(1002, one.id, "worse")).toBe(false);
  expect(await machineObject("editor").edit(devbox.owner, two.id, "too early")).toBe(false);
  const socket = await devbox.connect({ sessions: ["s-editor"] });
  expect(await socket.hasTexts(1)).toEqual(["better"]);
  expect(await machineObject("editor").edit(devbox.owner, one.id, "too late")).toBe(false);
});
