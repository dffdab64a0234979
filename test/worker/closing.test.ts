import { expect, test } from "vitest";
import { pairMachine } from "./support/machine.ts";
import { evictAll } from "./support/router.ts";
import { until } from "./support/until.ts";

test.each([1000, 1001, 1011, 3000, 4999])(
  "a close with %i is answered with the same, asleep or awake",
  async (code) => {
    const devbox = await pairMachine(`closes-${code}`);
    const socket = await devbox.connect();
    await evictAll();
    socket.close(code);
    expect((await socket.isClosed()).code).toBe(code);
    await until("it is offline", async () => (await devbox.inspect()).body["online"] === false);
  },
);

test("a close without a code is answered too: the agent does not wait for a timeout", async () => {
  const devbox = await pairMachine("wordless");
  const socket = await devbox.connect();
  await evictAll();
  socket.close();
  const { code } = await socket.isClosed();
  expect(code).not.toBe(1006);
  await until("it is offline", async () => (await devbox.inspect()).body["online"] === false);
});

test("a socket that closes before its hello is answered, and the machine was never seen", async () => {
  const devbox = await pairMachine("shy");
  const socket = await devbox.open();
  await evictAll();
  socket.close(1000);
  expect((await socket.isClosed()).code).toBe(1000);
  expect((await devbox.inspect()).body).toMatchObject({ online: false, lastSeenAt: null });
});
