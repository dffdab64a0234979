import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem } from "./system.ts";
import type { Session, System } from "./system.ts";

let system: System;
let devbox: Session;
let macbook: Session;

beforeAll(async () => {
  system = await startSystem({ machines: ["devbox", "macbook"] });
  [devbox, macbook] = await Promise.all([system.openSession("devbox"), system.openSession("macbook")]);
});
afterAll(() => system.stop());

describe("two machines on one bot", () => {
  test("each reply is typed on the machine whose message it answers, once, and the receipt says so", async () => {
    const updates = [1, 2, 3].flatMap((number) => [
      system.reply(devbox.message, `for devbox ${number}`),
      system.reply(macbook.message, `for macbook ${number}`),
    ]);
    await system.waitFor("six receipts", () => updates.every((update) => system.reactionsTo(update).includes("👌")));
    await system.waitFor("six lines", () => devbox.lines().length + macbook.lines().length === 6);
    expect(devbox.lines()).toEqual(["for devbox 1", "for devbox 2", "for devbox 3"]);
    expect(macbook.lines()).toEqual(["for macbook 1", "for macbook 2", "for macbook 3"]);
  });

  test("what a terminal must not get is left out, and told without counting as a failure", async () => {
    const update = system.reply(devbox.message, "hid\u200Bden \u2060text");
    const told = await system.botMessage("2 characters that a terminal must not get were left out");
    expect(told.reply_to_message?.message_id).toBe(update.message?.message_id);
    expect(told.silent).toBe(true);
    await system.waitFor("its receipt", () => system.reactionsTo(update).includes("👌"));
    await system.waitFor("its line", () => devbox.lines().at(-1) === "hidden text");
  });

  test("a button types on the machine of its message", async () => {
    const before = macbook.lines().length;
    system.press(macbook.message, "Yes");
    await system.waitFor("the answer to be typed", () => macbook.lines().length > before);
    expect(macbook.lines().slice(before)).toEqual(["y"]);
    expect(devbox.lines()).not.toContain("y");
  });

  test("what is sent to a sleeping machine is typed once and in order after its return", async () => {
    const before = macbook.lines().length;
    await system.killAgent("macbook");
    const updates = ["one", "two", "three"].map((text) => system.reply(macbook.message, text));
    await system.botMessage("3 waiting");
    expect(macbook.lines()).toHaveLength(before);
    await system.startAgent("macbook");
    await system.waitFor("three receipts", () => updates.every((update) => system.reactionsTo(update).includes("👌")));
    await system.waitFor("three lines", () => macbook.lines().length >= before + 3);
    expect(macbook.lines().slice(before)).toEqual(["one", "two", "three"]);
  });
});
