import { expect, test } from "vitest";
import { notifyCommand } from "../../../agent/claude/claude-label.ts";
import { containing } from "../matchers.ts";

test.each([
  ["", "api (main)", { notify: true, label: "api (main)", answer: containing('as "api (main)"') }],
  ["", null, { notify: true, label: null, answer: containing("from now on. ") }],
  ["  the \n backend ", "api", { notify: true, label: "the backend", answer: containing('as "the backend"') }],
  ["off", "api", { notify: false, label: "api", answer: containing("no longer") }],
  ["off duty", "api", { notify: true, label: "off duty", answer: containing('as "off duty"') }],
  ["x".repeat(100), "api", { notify: true, label: "x".repeat(64), answer: containing("xxx") }],
])("/notify-telegram %j in a session called %j", (argument, label, expected) => {
  expect(notifyCommand(argument, label)).toEqual(expected);
});
