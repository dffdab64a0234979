import { expect, test } from "vitest";
import { carryOut, saysBack } from "../../../agent/claude/session-commands.ts";
import { containing } from "../matchers.ts";

const HERE = { label: "api", named: false, notify: false, away: false };

test.each([
  ["away", "", HERE, { ...HERE, away: true }, "for 30 minutes"],
  ["away", "", { ...HERE, away: true }, { ...HERE, away: true }, "You are away"],
  ["back", "", { ...HERE, notify: true, away: true }, { ...HERE, notify: true }, "You are back"],
  ["back", "", HERE, HERE, "You are back"],
  [
    "notify-telegram",
    "backend",
    { ...HERE, away: true },
    { label: "backend", named: true, notify: true, away: true },
    "sent to Telegram",
  ],
  ["notify-telegram", "off", { ...HERE, notify: true }, HERE, "no longer sent"],
])("/%s %s in %j makes it %j", (name, argument, before, after, answer) => {
  expect(carryOut({ name, argument }, before, 30)).toEqual({ manner: after, answer: containing(answer) });
});

test("a command of the user's own changes nothing and is not answered", () => {
  expect(carryOut({ name: "greet", argument: "" }, HERE, 30)).toBeUndefined();
});

test.each([
  ["/back", true],
  [" /back\n", true],
  ["/back to work", false],
  ["back", false],
])("%j says that the user is back: %s", (text, is) => {
  expect(saysBack(text)).toBe(is);
});
