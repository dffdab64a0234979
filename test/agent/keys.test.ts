import { expect, test } from "vitest";
import { keyBytes } from "../../agent/terminal/keys.ts";
import { containing } from "./matching.ts";

test.each([
  ["escape", "\u001b"],
  ["esc", "\u001b"],
  ["Enter", "\r"],
  ["tab", "\t"],
  ["shift-tab", "\u001b[Z"],
  ["Shift+Tab", "\u001b[Z"],
  ["up", "\u001b[A"],
  ["down", "\u001b[B"],
  ["right", "\u001b[C"],
  ["left", "\u001b[D"],
  ["home", "\u001b[H"],
  ["end", "\u001b[F"],
  ["page-up", "\u001b[5~"],
  ["Page Down", "\u001b[6~"],
  ["backspace", "\u007f"],
  ["delete", "\u001b[3~"],
  [" space ", " "],
  ["ctrl-a", "\u0001"],
  ["CTRL-C", "\u0003"],
  ["ctrl-z", "\u001a"],
  ["f1", "\u001bOP"],
  ["f5", "\u001b[15~"],
  ["F12", "\u001b[24~"],
])("%s is pressed", (name, bytes) => {
  expect(keyBytes(name, false)).toEqual({ status: "key", bytes });
});

test.each([
  ["up", "\u001bOA"],
  ["left", "\u001bOD"],
  ["home", "\u001bOH"],
  ["page-up", "\u001b[5~"],
])("%s, while the program has application cursor keys", (name, bytes) => {
  expect(keyBytes(name, true)).toEqual({ status: "key", bytes });
});

test.each(["", "ctrl-", "ctrl-1", "ctrl-cc", "f13", "f0", "constructor", "__proto__", "\u001b[A", "x".repeat(1_000)])(
  "%j is no key",
  (name) => {
    const key = keyBytes(name, false);
    expect(key).toMatchObject({ status: "failed", reason: containing("escape, enter, tab") });
    expect(JSON.stringify(key).length).toBeLessThan(300);
  },
);
