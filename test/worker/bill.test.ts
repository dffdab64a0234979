import { expect, test } from "vitest";
import { HOUR } from "./support/clock.ts";
import { messageWith, OWNER, pairMachine } from "./support/machine.ts";
import { containing } from "./support/matching.ts";
import { metered } from "./support/meter.ts";
import { alarmOf, isQuiet, machineObject, ring, sessionObject } from "./support/objects.ts";
import { deliver } from "./support/router.ts";
import { messagesIn, reactionOn, write } from "./support/telegram.ts";
import { until } from "./support/until.ts";

/** The bill that the project promises (issue and docs): all that one reply costs, its receipt included. */
const ROWS_A_REPLY = 12;

test("a reply to an online machine that types it at once costs at most 12 written rows, receipts included", async () => {
  const devbox = await pairMachine("thrifty");
  await devbox.register("s-thrifty");
  const socket = await devbox.connect({ sessions: ["s-thrifty"] });
  await devbox.notify("s-thrifty", "What next?");
  const notification = await messageWith("What next?");
  const [machine, session] = [machineObject("thrifty"), await sessionObject("s-thrifty")];
  // The notification's own alarm is none of the bill.
  await ring(session);

  // The first pays for what is armed once a day; the second is what a reply costs.
  for (const text of ["the first", "the second"]) {
    await isQuiet(machine);
    await isQuiet(session);
    const meters = [await metered(machine), await metered(session)];
    await deliver(await write({ chatId: OWNER, userId: OWNER, text, replyTo: notification.message_id }));
    const command = await socket.next("command");
    expect(command.command).toBe(text);
    await socket.carryOut(command);
    await until("it is acknowledged", async () =>
      (await messagesIn(OWNER)).some((message) => message.text === text && reactionOn(message) === "👌"),
    );
    await isQuiet(session);
    const bill = meters.flatMap(({ written }) => written());
    // Shown where there are too many; fewer than these three, and nothing was counted.
    expect(bill.slice(ROWS_A_REPLY)).toEqual([]);
    for (const needed of ["INSERT INTO queue", "DELETE FROM queue", "INSERT INTO command"])
      expect(bill).toContainEqual(containing(needed));
  }
});

test("while a machine is connected and nothing happens, nothing is written or woken for an hour", async () => {
  const devbox = await pairMachine("idle");
  await devbox.register("s-idle");
  await devbox.connect({ sessions: ["s-idle"] });
  await devbox.notify("s-idle", "Done for today.");
  await messageWith("Done for today.");
  for (const object of [machineObject("idle"), await sessionObject("s-idle")]) {
    await ring(object);
    await isQuiet(object);
    const alarm = await alarmOf(object);
    expect(alarm === null || alarm > Date.now() + HOUR).toBe(true);
  }
});
