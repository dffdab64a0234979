import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ControlClient } from "../../agent/control/client.ts";
import { LINE_BYTES } from "../../agent/control/messages.ts";
import { controlSocketPath, stateFolder } from "../../agent/control/socket-path.ts";
import { temporaryFolder } from "./run-harness.ts";
import { StandInDaemon } from "./stand-in-daemon.ts";
import { containing } from "./matching.ts";

async function connect(stateHome: string): Promise<ControlClient> {
  const connected = await ControlClient.connect(controlSocketPath({ XDG_STATE_HOME: stateHome }));
  if (connected.status === "absent") throw new Error(connected.reason);
  onTestFinished(() => connected.client.destroy());
  return connected.client;
}

test("without a daemon it says what to do", async () => {
  const path = controlSocketPath({ XDG_STATE_HOME: await temporaryFolder() });
  expect(await ControlClient.connect(path)).toEqual({
    status: "absent",
    reason: "The daemon is not running: start it with `ccr-agent start`.",
  });
});

test("a path that no socket can have is said to be the reason", async () => {
  const path = controlSocketPath({ XDG_STATE_HOME: join(await temporaryFolder(), "x".repeat(120)) });
  expect(await ControlClient.connect(path)).toMatchObject({ status: "absent", reason: containing(path) });
});

test("each answer finds its request, whatever their order", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder, () => undefined);
  const client = await connect(folder);
  const answers = Promise.all([
    client.notify({ sessionId: "s1", text: "done" }),
    client.status(),
    client.notify({ sessionId: "s1", text: "no" }),
  ]);
  const status = await daemon.hears("status");
  daemon.say(`${JSON.stringify({ type: "status", requestId: status.requestId, status: { state: "online" } })}\n`);
  const [first, second] = daemon.received.filter((message) => message.type === "notify");
  daemon.say(`${JSON.stringify({ type: "error", requestId: second?.requestId, error: "not paired" })}\n`);
  daemon.say(`${JSON.stringify({ type: "notified", requestId: first?.requestId })}\n`);
  expect(await answers).toEqual([
    { status: "notified" },
    { status: "status", report: { state: "online" } },
    { status: "error", error: "not paired" },
  ]);
});

test("a daemon that goes away in between is an answer too, at once and later", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder, () => undefined);
  const client = await connect(folder);
  const answer = client.status();
  await daemon.hears("status");
  await daemon.stop();
  expect(await answer).toMatchObject({ status: "error", error: containing("went away") });
  await client.closed;
  expect(await client.status()).toMatchObject({ status: "error", error: containing("went away") });
});

test("a notification that fits in no line is refused before it is sent", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder);
  const client = await connect(folder);
  const answer = await client.notify({ sessionId: "s1", text: "a".repeat(LINE_BYTES) });
  expect(answer).toMatchObject({ status: "error", error: containing("too long") });
  expect(daemon.received).toEqual([]);
});

test("an answer of the wrong shape is told as such", async () => {
  const folder = await temporaryFolder();
  const daemon = await StandInDaemon.start(folder, () => undefined);
  const client = await connect(folder);
  const answer = client.status();
  const { requestId } = await daemon.hears("status");
  daemon.say(`${JSON.stringify({ type: "status", requestId, status: 7 })}\n`);
  expect(await answer).toMatchObject({ status: "error", error: containing("not understood") });
});

test("an endless line ends the connection", async () => {
  const path = controlSocketPath({ XDG_STATE_HOME: await temporaryFolder() });
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("x".repeat(LINE_BYTES + 1));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  const connected = await ControlClient.connect(path);
  if (connected.status === "absent") throw new Error(connected.reason);
  await connected.client.closed;
});

test.each([
  [{ XDG_STATE_HOME: "/state", HOME: "/home/me" }, "/state/ccr-agent"],
  [{ XDG_STATE_HOME: "relative", HOME: "/home/me" }, "/home/me/.local/state/ccr-agent"],
  [{ HOME: "/home/me" }, "/home/me/.local/state/ccr-agent"],
])("with %j the state lies in %s", (env, folder) => {
  expect(stateFolder(env)).toBe(folder);
  expect(controlSocketPath(env)).toBe(`${folder}/agent.sock`);
});
