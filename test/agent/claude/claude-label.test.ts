import { expect, test } from "vitest";
import { notifyCommand } from "../../../agent/claude/claude-label.ts";
import { containing } from "../matchers.ts";

const GIVEN = { label: "api", named: true };
const FOUND = { label: "api (main)", named: false };

test.each([
  ["", FOUND, { ...FOUND, notify: true, answer: containing('as "api (main)"') }],
  ["", GIVEN, { ...GIVEN, notify: true, answer: containing('as "api"') }],
  [
    "",
    { label: null, named: false },
    {
      label: null,
      named: false,
      notify: true,
      answer: containing("from now on, except in the 5 minutes after a prompt typed at the terminal. "),
    },
  ],
  [
    "  the \n backend ",
    FOUND,
    { label: "the backend", named: true, notify: true, answer: containing('"the backend"') },
  ],
  ["off", GIVEN, { ...GIVEN, notify: false, answer: containing("no longer") }],
  ["off", FOUND, { ...FOUND, notify: false, answer: containing("no longer") }],
  ["off duty", FOUND, { label: "off duty", named: true, notify: true, answer: containing('as "off duty"') }],
  ["x".repeat(100), FOUND, { label: "x".repeat(64), named: true, notify: true, answer: containing("xxx") }],
])("/notify-telegram %j in a session called %j", (argument, name, expected) => {
  expect(notifyCommand(argument, name)).toEqual(expected);
});
