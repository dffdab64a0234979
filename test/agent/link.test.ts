import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RouterFrame } from "../../src/protocol.ts";
import { Credentials } from "../../agent/router/credentials.ts";
import { RouterLink, type LinkTimes } from "../../agent/router/link.ts";
import { AgentHome, until } from "./agent-home.ts";
import { containing } from "./matchers.ts";
import { commandId, StandInRouter, textCommand } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;
let link: RouterLink | undefined;
let now: { wall: number; monotonic: number };
let events: string[];
let frames: RouterFrame[];

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
  home.configure(router.url);
  now = { wall: Date.now(), monotonic: 0 };
  events = [];
  frames = [];
});

afterEach(async () => {
  await link?.stop();
  await router.stop();
  await home.remove();
});

function start(times: Partial<LinkTimes> = {}): RouterLink {
  link = new RouterLink(
    new Credentials(home.env),
    {
      hello: () => ({
        type: "hello",
        protocol: { min: 1, max: 1 },
        agentVersion: "1",
        bootId: "boot",
        journalEpoch: "epoch",
        sessions: ["s1"],
      }),
      online: () => events.push("online"),
      frame: (frame) => frames.push(frame),
      offline: () => events.push("offline"),
      reconfigured: () => events.push("reconfigured"),
      stopped: () => events.push("stopped"),
    },
    { wall: () => now.wall, monotonic: () => now.monotonic },
    { tick: 20, newKeyWithin: 1_000, newKeyEvery: 10, ...times },
  );
  link.start();
  return link;
}

async function online(times?: Partial<LinkTimes>): Promise<RouterLink> {
  const started = start(times);
  await until("it is online", () => events.at(-1) === "online");
  return started;
}

test("it shows its key, says hello first, and is online with the welcome", async () => {
  router.welcomes = false;
  const started = start();
  await until("the hello", () => router.peers[0]?.hello !== undefined);
  started.send({ type: "journaled", id: commandId(1) });
  expect(started.status.state).toBe("offline");
  router.peer.send({ type: "welcome", protocol: 1, window: 16 });
  await until("it is online", () => started.status.state === "online");
  expect(router.peer.url).toBe("/ws?machineId=devbox");
  expect(router.peer.headers.authorization).toMatch(/^Bearer ccr1\.devbox\./);
  expect(router.peer.headers["sec-websocket-extensions"]).toBeUndefined();
  expect(router.peer.frames.map((frame) => frame.type)).toEqual(["hello"]);
});

test("frames before the welcome are nobody's", async () => {
  router.welcomes = false;
  start();
  await until("the hello", () => router.peers[0]?.hello !== undefined);
  router.peer.send(textCommand(1, "s1", "early"));
  router.peer.send({ type: "welcome", protocol: 1, window: 16 });
  router.peer.send(textCommand(2, "s1", "late"));
  await until("a frame", () => frames.length > 0);
  expect(frames).toMatchObject([{ command: "late" }]);
});

test("a router that does not welcome is left and tried again", async () => {
  router.welcomes = false;
  start({ welcomeWithin: 50 });
  await until("a second connection", () => router.peers.length >= 2);
});

test("it pings, and leaves a router that does not answer", async () => {
  await online({ pingEvery: 20, pongWithin: 1_000 });
  await until("three pings on one connection", () => (router.peers[0]?.pings ?? 0) >= 3);
  router.answersPings = false;
  await until("another connection", () => router.peers.length >= 2);
  expect(router.peers[0]?.closed).not.toBeNull();
});

test("what becomes of an older socket does not touch the newer one", async () => {
  const started = await online({ pingEvery: 20, pongWithin: 2_000 });
  const old = router.peer;
  started.drop("the test wants so");
  await until("another connection", () => events.filter((event) => event === "online").length === 2);
  old.close(4001);
  await until("the old one is closed", () => old.closed !== null);
  expect(started.status.state).toBe("online");
  expect(events).toEqual(["online", "offline", "online"]);
});

test("a cut connection is made again", async () => {
  await online();
  router.peer.terminate();
  await until("a second connection", () => events.filter((event) => event === "online").length === 2);
});

test("a frame that is too big ends the connection, not the agent", async () => {
  await online();
  router.peer.sendText("x".repeat(256 * 1024 + 1));
  await until("a second connection", () => events.filter((event) => event === "online").length === 2);
  expect(router.peers[0]?.closed).toBe(1009);
});

describe("a jump of the clock", () => {
  test.each(["wall", "monotonic"] as const)("of the %s clock reconnects at once", async (clock) => {
    await online();
    now[clock] += 60_000;
    await until("a second connection", () => events.filter((event) => event === "online").length === 2);
    expect(router.peers[0]?.closed).not.toBeNull();
  });

  test("leaves what the old socket still held unread", async () => {
    await online({ tick: 60_000 });
    now.wall += 3_600_000;
    router.peer.send(textCommand(1, "s1", "sent before the sleep"));
    await until("a second connection", () => router.peers.length === 2);
    expect(frames).toEqual([]);
  });

  test("ends the wait for the next attempt", async () => {
    router.refusal = { status: 503, headers: { "Retry-After": "600" } };
    start();
    await until("the first attempt failed", () => events.includes("offline"));
    router.refusal = null;
    now.wall += 60_000;
    await until("it is online", () => events.at(-1) === "online");
  });

  test("backwards is no sleep", async () => {
    await online();
    now.wall -= 3_600_000;
    router.peer.send(textCommand(1, "s1", "go on"));
    await until("the frame", () => frames.length === 1);
    expect(router.peers).toHaveLength(1);
  });
});

describe("a refusal", () => {
  test.each([401, 403, 426])("with %i is told in the status, and not tried again soon", async (status) => {
    router.refusal = { status };
    const started = start();
    await until("the refusal", () => events.includes("offline"));
    expect(started.status).toMatchObject({ state: "offline", reason: containing(String(status)) });
    expect(router.upgrades).toBe(1);
  });

  test("ends when the configuration holds a new key", async () => {
    router.refusal = { status: 401 };
    start();
    await until("the refusal", () => events.includes("offline"));
    router.refusal = null;
    home.configure(router.url);
    await until("it is online", () => events.at(-1) === "online");
    expect(events).toEqual(["offline", "reconfigured", "online"]);
  });
});

describe("the end", () => {
  test.each([4001, 4002, 4003])("%i stops it for good", async (code) => {
    const started = await online();
    router.peer.close(code);
    await until("it stopped", () => events.at(-1) === "stopped");
    expect(started.status).toMatchObject({ state: "stopped", reason: containing(String(code)) });
    expect(router.upgrades).toBe(1);
  });

  test("4003 goes on with a key that was rotated already", async () => {
    await online();
    home.configure(router.url);
    router.peer.close(4003);
    await until("it is online again", () => events.filter((event) => event === "online").length === 2);
    expect(events).toContain("reconfigured");
    expect(router.peers[1]?.headers.authorization).not.toBe(router.peers[0]?.headers.authorization);
  });

  test("4003 waits for the key that a pairing is about to store", async () => {
    await online();
    home.beginPairing();
    router.peer.close(4003);
    await until("it is offline", () => events.at(-1) === "offline");
    now.monotonic += 900;
    home.configure(router.url);
    await until("it is online again", () => events.at(-1) === "online");
  });

  test("4003 waits no longer than a pairing takes", async () => {
    await online();
    home.beginPairing();
    router.peer.close(4003);
    await until("it is offline", () => events.at(-1) === "offline");
    now.monotonic += 1_000;
    await until("it stopped", () => events.at(-1) === "stopped");
  });

  test("of the agent closes with 1000", async () => {
    const started = await online();
    await started.stop();
    await until("the close", () => router.peers[0]?.closed === 1000);
  });
});
