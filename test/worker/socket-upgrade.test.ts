import { env } from "cloudflare:workers";
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { macOf } from "../../src/address/machine-key.ts";
import { give, offer } from "./support/commands.ts";
import { newSecret, pairMachine } from "./support/machine.ts";
import { containing } from "./support/matching.ts";
import { machineObject, query, tablesOf } from "./support/objects.ts";
import { asAgent, evictAll, request } from "./support/router.ts";

const UPGRADE = { Upgrade: "websocket" };

async function connect(
  machineId: string,
  key: string | undefined,
  headers: Record<string, string> = UPGRADE,
): Promise<Response> {
  return request(`/ws?machineId=${machineId}`, {
    headers: { ...headers, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) },
  });
}

async function machineCount(): Promise<number> {
  return (await listDurableObjectIds(env.MACHINE)).length;
}

test("a request that asks for no upgrade is answered with 426", async () => {
  const devbox = await pairMachine("plain");
  const response = await connect("plain", devbox.key, {});
  expect(response.status).toBe(426);
  expect(response.headers.get("Upgrade")).toBe("websocket");
});

test("without a key, or with a forged one, nobody connects and no object wakes", async () => {
  const before = await machineCount();
  const { random, keyHash } = await newSecret();
  const otherMac = await macOf("another secret of enough length", "forged", keyHash);
  const borrowedMac = await macOf(env.MACHINE_KEY_SECRET, "elsewhere", keyHash);
  const keys = [
    undefined,
    "",
    "ccr1",
    `ccr1.forged.${random}.${"A".repeat(22)}`,
    `ccr1.forged.${random}.${otherMac}`,
    `ccr1.forged.${random}.${borrowedMac}`,
    `ccr1.Forged!.${random}.${otherMac}`,
  ];
  for (const key of keys) {
    const response = await connect("forged", key);
    expect(response.status).toBe(401);
    expect(response.webSocket).toBeNull();
  }
  expect(await machineCount()).toBe(before);
});

test("a key with a good MAC that no machine stores is refused, and its object stores nothing", async () => {
  const { random, keyHash } = await newSecret();
  const key = `ccr1.neverpaired.${random}.${await macOf(env.MACHINE_KEY_SECRET, "neverpaired", keyHash)}`;
  expect((await connect("neverpaired", key)).status).toBe(401);
  expect((await asAgent(key, "GET", "/machines/neverpaired")).status).toBe(401);
  expect(await tablesOf(machineObject("neverpaired"))).toEqual([]);
});

test("another machine's name is refused with 403, in the socket, in inspection and in a registration", async () => {
  const devbox = await pairMachine("honest");
  await pairMachine("victim");
  await evictAll();
  expect((await connect("victim", devbox.key)).status).toBe(403);
  expect((await request("/ws", { headers: { ...UPGRADE, Authorization: `Bearer ${devbox.key}` } })).status).toBe(403);
  expect((await asAgent(devbox.key, "GET", "/machines/victim")).status).toBe(403);
  expect((await devbox.register("s", { machineId: "victim" })).status).toBe(403);
});

test("an owner who is no longer allowed is refused with 403 at every call, and takes no commands", async () => {
  const devbox = await pairMachine("dismissed");
  await devbox.register("s-dismissed");
  // As if the owner had been taken out of ALLOWED_USER_IDS.
  await query(machineObject("dismissed"), "UPDATE machine SET owner_id = 4242");
  await evictAll();
  expect((await connect("dismissed", devbox.key)).status).toBe(403);
  expect(await devbox.inspect()).toMatchObject({
    status: 403,
    body: { error: containing("ALLOWED_USER_IDS") },
  });
  expect((await devbox.notify("s-dismissed", "hello")).status).toBe(403);
  expect(await machineObject("dismissed").offer(4242, [await offer("s-dismissed", 1)])).toMatchObject([
    { status: "not-here" },
  ]);
});

test("the object itself refuses a key that was revoked between the Worker's question and the upgrade", async () => {
  const before = await pairMachine("overtaken");
  await pairMachine("overtaken");
  const response = await machineObject("overtaken").fetch("https://router.test/ws", {
    headers: { ...UPGRADE, Authorization: `Bearer ${before.key}` },
  });
  await response.text();
  expect(response.status).toBe(401);
  const sockets = await runInDurableObject(machineObject("overtaken"), (_, state) => state.getWebSockets().length);
  expect(sockets).toBe(0);
});

test("a machine may look at itself: presence, queue and sessions, and never a secret", async () => {
  const devbox = await pairMachine("mirror");
  await devbox.register("s-one", { label: "api (main)" });
  await devbox.register("s-two");
  await give(devbox, await offer("s-one", 1), await offer("s-one", 2), await offer("s-two", 1));
  await evictAll();
  const { status, body } = await devbox.inspect();
  expect(status).toBe(200);
  expect(body).toEqual({
    machineId: "mirror",
    online: false,
    lastSeenAt: null,
    agentVersion: null,
    queued: 3,
    sessions: [
      { sessionId: "s-one", label: "api (main)", queued: 2 },
      { sessionId: "s-two", label: "s-two", queued: 1 },
    ],
  });
});
