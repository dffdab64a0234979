import * as fc from "fast-check";
import { expect, test } from "vitest";
import { logError } from "../../src/log.ts";
import { NotificationBody, parseAgentFrame, parseRouterFrame } from "../../src/protocol.ts";
import { readJson } from "../../src/http/body.ts";
import { mutated } from "../mutations.ts";
import { watchLog } from "./support/log.ts";

const CANARY = "canary-in-the-wrong-place";
const ID = "AAAAAAAAAAAAAAAA.m7.1";
const FRAMES = [
  { type: "hello", protocol: { min: 1, max: 1 }, agentVersion: "1", bootId: "b", journalEpoch: "e", sessions: ["s1"] },
  { type: "progress", id: ID, state: "held", reason: "a dialog" },
  { type: "commandResult", id: ID, sessionId: "s1", outcome: "typed" },
  { type: "command", kind: "text", id: ID, sessionId: "s1", command: "make", remainingMs: 1 },
  {
    type: "command",
    kind: "answer",
    id: ID,
    sessionId: "s1",
    command: "yes",
    remainingMs: 1,
    nonce: "n1",
    choice: "0",
  },
  { type: "cancel", id: ID, sessionId: "s1" },
];
const BODY = {
  sessionId: "s1",
  chatId: 7,
  text: "hello",
  replyMarkup: { inline_keyboard: [[{ text: "Yes", callback_data: "cmd:TOKEN:yes" }]] },
  question: { nonce: "n1", remainingMs: 5 },
};

test("what is wrong in a frame is told without a word of what was sent: it goes into logs, and back to the sender", () => {
  let complaints = 0;
  fc.assert(
    fc.property(mutated(FRAMES, [CANARY, [CANARY], { x: CANARY }]), (text) => {
      fc.pre(!text.includes(`"type":"${CANARY}`));
      for (const parsed of [parseAgentFrame(text), parseRouterFrame(text)]) {
        if (parsed.status !== "malformed") continue;
        complaints += 1;
        expect(parsed.reason).not.toContain(CANARY);
      }
    }),
    { numRuns: 600 },
  );
  expect(complaints).toBeGreaterThan(50);
});

test("what is wrong in a body is told without a word of it", async () => {
  await fc.assert(
    fc.asyncProperty(mutated([BODY], [CANARY, [CANARY], { x: CANARY }]), async (text) => {
      const request = new Request("https://router.test/", { method: "POST", body: text });
      const read = await readJson(request, 1_000_000, NotificationBody);
      expect(read.status === "ok" ? "" : read.reason).not.toContain(CANARY);
    }),
    { numRuns: 500 },
  );
});

test.each([
  "fetch https://api.telegram.org/bot7000000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage failed",
  "fetch https://api.telegram.org/bot7000000001%3AAAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage failed",
  "the token 7000000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw is refused",
])("the bot's token is taken out of errors before they are logged: %s", (message) => {
  const log = watchLog();
  logError("telegram.failed", new Error(message));
  expect(log.lines).toHaveLength(1);
  expect(log.lines.join()).not.toContain("AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw");
});
