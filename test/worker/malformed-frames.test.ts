import { expect, test } from "vitest";
import { chatWith, stateOf } from "./support/commands.ts";
import { pairMachine } from "./support/machine.ts";
import { machineObject, query, ring } from "./support/objects.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test("frames of types that the router does not know are ignored", async () => {
  const devbox = await pairMachine("futuristic");
  const socket = await devbox.connect();
  for (let n = 0; n < 20; n++) socket.send({ type: "telepathy", strength: n, id: "x" });
  await evictAll();
  await socket.settled();
  expect(socket.closed).toBeUndefined();
  expect(socket.frames().filter(({ type }) => type === "refused")).toEqual([]);
});

test.each([
  ["text that is no JSON", "hello?"],
  ["JSON that is no object", "[1,2]"],
  ["an object without a type", '{"id":"x"}'],
  ["a journaled without an id", '{"type":"journaled"}'],
  ["a progress that is none", '{"type":"progress","id":"AAAAAAAAAAAAAAAA.m1.1","state":"dreaming"}'],
  ["a result with an id of no command", '{"type":"commandResult","id":"../etc","sessionId":"s","outcome":"typed"}'],
])("%s is refused with the reason, and the connection goes on", async (_, frame) => {
  const devbox = await pairMachine("clumsy");
  const socket = await devbox.connect();
  await evictAll();
  socket.send(frame);
  expect((await socket.next("refused")).reason).not.toBe("");
  await socket.settled();
  expect(socket.closed).toBeUndefined();
});

test("a binary frame is refused", async () => {
  const devbox = await pairMachine("binary");
  const socket = await devbox.connect();
  await evictAll();
  socket.send(new TextEncoder().encode('{"type":"journaled"}').buffer);
  expect((await socket.next("refused")).reason).toBe("a frame is text, not binary");
});

test("the tenth bad frame closes the connection with 1008, however often the object was evicted between", async () => {
  const devbox = await pairMachine("persistent");
  const socket = await devbox.connect();
  for (let n = 1; n <= 9; n++) {
    socket.send("nonsense");
    await socket.next("refused");
    await evictAll();
  }
  expect(socket.closed).toBeUndefined();
  socket.send("nonsense");
  expect(await socket.isClosed()).toMatchObject({ code: 1008 });
  const again = await devbox.connect();
  again.send("nonsense");
  await again.next("refused");
  await again.settled();
  expect(again.closed).toBeUndefined();
});

test.each([
  ["of 256 KB of letters", "x"],
  ["of fewer characters but over 256 KB of UTF-8", "€"],
])("a frame %s is not read but closed with 1009", async (_, letter) => {
  const devbox = await pairMachine("verbose");
  const socket = await devbox.connect();
  await evictAll();
  const bytes = new TextEncoder().encode(letter).length;
  socket.send(JSON.stringify({ type: "telepathy", text: letter.repeat(Math.ceil((256 * 1024) / bytes)) }));
  expect(await socket.isClosed()).toMatchObject({ code: 1009 });
});

test("a frame just under 256 KB is read", async () => {
  const devbox = await pairMachine("eloquent");
  const socket = await devbox.connect();
  socket.send(JSON.stringify({ type: "telepathy", text: "x".repeat(256 * 1024 - 100) }));
  await socket.settled();
  expect(socket.closed).toBeUndefined();
});

test("a malformed frame with the id of a command ends that command as unknown, and makes room for the next", async () => {
  const devbox = await pairMachine("garbled");
  await devbox.register("s-garbled");
  const socket = await devbox.connect({ sessions: ["s-garbled"] });
  const type = await chatWith(devbox, "s-garbled");
  const asked = await type("say that again");
  const others = [];
  for (let n = 0; n < 16; n++) others.push(await type(`more ${n}`));
  expect(await socket.hasTexts(16)).not.toContain("more 15");
  await evictAll();
  socket.send({ type: "commandResult", id: asked.id, sessionId: "s-garbled", outcome: "superb" });
  expect(await socket.next("refused")).toMatchObject({ id: asked.id });
  expect((await socket.hasTexts(17)).at(-1)).toBe("more 15");
  await until("the session was told", async () => {
    await ring(machineObject("garbled"));
    return (await stateOf("s-garbled", asked.name)).state === "unknown";
  });
});

test("a command that the agent refuses ends as failed, says what to update, and makes room for the next", async () => {
  const devbox = await pairMachine("puzzled");
  await devbox.register("s-puzzled");
  const socket = await devbox.connect({ sessions: ["s-puzzled"] });
  const type = await chatWith(devbox, "s-puzzled");
  const asked = await type("what is this?");
  await socket.next("command");
  await evictAll();
  socket.send({ type: "refused", id: asked.id, reason: "kind: unknown" });
  await until("the session was told", async () => {
    await ring(machineObject("puzzled"));
    return (await stateOf("s-puzzled", asked.name)).state === "failed";
  });
  expect((await stateOf("s-puzzled", asked.name)).error).toContain("update ccr-agent");
  expect(await query(machineObject("puzzled"), "SELECT * FROM queue")).toEqual([]);
});
