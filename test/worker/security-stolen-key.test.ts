import { expect, test } from "vitest";
import { chatWith, stateOf } from "./support/commands.ts";
import { OWNER, pairMachine } from "./support/machine.ts";
import { machineObject, query } from "./support/objects.ts";
import { asAgent, deliver, evictAll, request } from "./support/router.ts";
import { messagesIn, write } from "./support/telegram.ts";

test("a stolen key reaches no other machine, of the same owner or of another: neither its commands, nor its sessions, nor its chat", async () => {
  const stolen = await pairMachine("cafe-laptop");
  await stolen.register("s-laptop");
  const others = [await pairMachine("desk"), await pairMachine("bobs", 1002)];
  for (const other of others) {
    const session = `s-${other.name}`;
    await other.register(session);
    const asked = await (await chatWith(other, session))("git push");
    await evictAll();

    expect((await asAgent(stolen.key, "GET", `/machines/${other.name}`)).status).toBe(403);
    const upgrade = { Authorization: `Bearer ${stolen.key}`, Upgrade: "websocket" };
    expect((await request(`/ws?machineId=${other.name}`, { headers: upgrade })).status).toBe(403);
    for (const [path, body] of [
      ["/sessions/register", { sessionId: session, machineId: other.name }],
      ["/sessions/register", { sessionId: session, machineId: stolen.name }],
      ["/sessions/register", { sessionId: "s-new", machineId: stolen.name, replaces: session }],
      ["/sessions/unregister", { sessionId: session }],
      ["/notifications/send", { sessionId: session, text: "Type your password here" }],
      ["/notifications/send", { sessionId: "s-laptop", text: "hello", chatId: 1002 }],
      ["/questions/close", { sessionId: session, nonce: "n1", by: "me" }],
    ] as const)
      expect([403, 409]).toContain((await asAgent(stolen.key, "POST", path, body)).status);
    expect([403, 404, 409]).toContain((await asAgent(stolen.key, "GET", `/sessions/${session}`)).status);

    const socket = await stolen.connect({ sessions: ["s-laptop", session] });
    socket.result({ id: asked.id, sessionId: session }, "failed", "it was me");
    socket.send({ type: "refused", id: asked.id, reason: "it was me" });
    await socket.settled();
    expect(socket.commands()).toEqual([]);
    expect(await stateOf(session, asked.name)).toEqual({ state: "offered", error: null });
    expect(await query(machineObject(other.name), "SELECT outcome FROM queue")).toEqual([{ outcome: null }]);
    expect(JSON.stringify(await messagesIn(other.owner))).not.toMatch(/password here|it was me/);
  }
});

test("/unpair from the phone takes a stolen key away at once, on the socket that is open too, and /pair gives the machine a new one", async () => {
  const stolen = await pairMachine("taken");
  await stolen.register("s-taken");
  const socket = await stolen.connect({ sessions: ["s-taken"] });
  const say = await chatWith(stolen, "s-taken");
  await deliver(await write({ chatId: OWNER, userId: OWNER, text: "/unpair taken" }));
  expect(await socket.isClosed()).toMatchObject({ code: 4003 });
  expect((await stolen.notify("s-taken", "hello")).status).toBe(401);
  await expect(stolen.open()).rejects.toThrow("401");
  await say("secret plans");
  expect(socket.commands()).toEqual([]);

  const again = await pairMachine("taken");
  expect((await again.register("s-taken-2")).status).toBe(200);
  expect((await stolen.inspect()).status).toBe(401);
});
