import { expect, test } from "vitest";
import { messageWith, OWNER, pairMachine } from "./support/machine.ts";
import { deliverCold, evictAll } from "./support/router.ts";
import { messagesIn, reactionOn, write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

test("a reply in the chat reaches the machine that holds the session, and its outcome comes back as a reaction", async () => {
  const devbox = await pairMachine("devbox");
  expect(await devbox.register("api")).toMatchObject({ status: 200, body: { ok: true, machineId: "devbox" } });
  const socket = await devbox.connect({ sessions: ["api"] });
  await evictAll();
  expect(await devbox.notify("api", "The tests are green.", { sign: "done" })).toMatchObject({
    status: 200,
    body: { ok: true },
  });
  const notification = await messageWith("The tests are green.");
  expect(notification.text).toBe("✅ devbox · api\nThe tests are green.");

  const update = await write({ chatId: OWNER, userId: OWNER, text: "now deploy it", replyTo: notification.message_id });
  expect(await deliverCold(update)).toEqual({ status: 200, said: null });
  const command = await socket.next("command");
  expect(command).toMatchObject({ kind: "text", sessionId: "api", command: "now deploy it" });
  await evictAll();
  await socket.carryOut(command);
  await until("the reply is acknowledged", async () =>
    (await messagesIn(OWNER)).some((message) => message.text === "now deploy it" && reactionOn(message) === "👌"),
  );
  expect(socket.commands()).toHaveLength(1);
});
