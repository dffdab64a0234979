import { expect, test } from "vitest";
import { openDatabase } from "../../agent/demo/telegram/database.ts";
import { UpdateQueue } from "../../agent/demo/telegram/update-queue.ts";

const TIME = 1_800_000_000_000;

test("what waits is never forgotten; of what was delivered the newest thousand can be delivered again", () => {
  const updates = new UpdateQueue(openDatabase(undefined));
  for (let id = 1; id <= 1_500; id++) {
    updates.add({ update: { update_id: id }, queue: id <= 1_200 ? "chat 1" : "chat 2", expiresAt: TIME });
  }
  expect(updates.pendingCount()).toBe(1_500);
  expect(updates.queues()).toEqual(["chat 1", "chat 2"]);
  expect(updates.head("chat 2")).toEqual({ update: { update_id: 1_201 }, queue: "chat 2", expiresAt: TIME });
  updates.doneBefore(1_501);
  updates.add({ update: { update_id: 1_501 }, queue: "chat 1", expiresAt: TIME });
  expect([updates.find(500), updates.find(501), updates.pendingCount()]).toEqual([undefined, { update_id: 501 }, 1]);
});
