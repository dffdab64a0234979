import { expect, test } from "vitest";
import type { QueueRow } from "../../../src/machine/queue-row.ts";
import { deliver } from "../../../src/machine/delivery.ts";
import { CommandKinds, KINDS, LIMITS, parseRouterFrame } from "../../../src/protocol.ts";

const NOW = 1_000_000;

function row(more: Partial<QueueRow> = {}): QueueRow {
  return {
    id: "AAAAAAAAAAAAAAAA.m1001.1",
    ownerId: 1001,
    kind: "text",
    sessionId: "s",
    command: "hello",
    expiresAt: NOW + 5_000,
    sentOn: null,
    cancelling: false,
    ended: null,
    ...more,
  };
}

function frameOf(what: QueueRow): unknown {
  const delivery = deliver(what, 1, NOW);
  if (delivery.step !== "send") throw new Error(`not sent: ${JSON.stringify(delivery)}`);
  const parsed = parseRouterFrame(delivery.frame);
  return parsed.status === "frame" ? parsed.frame : parsed;
}

test("a command goes out with the time that is left for it", () => {
  expect(frameOf(row())).toEqual({
    type: "command",
    id: "AAAAAAAAAAAAAAAA.m1001.1",
    kind: "text",
    sessionId: "s",
    command: "hello",
    remainingMs: 5_000,
  });
});

test("an answer carries its question, and the choice where a button was pressed", () => {
  expect(frameOf(row({ kind: "answer", nonce: "n1", choice: "2" }))).toMatchObject({ nonce: "n1", choice: "2" });
  expect(frameOf(row({ kind: "answer", nonce: "n1" }))).not.toHaveProperty("choice");
});

test("a command that was never sent and is over is ended, also at the very moment", () => {
  expect(deliver(row({ expiresAt: NOW }), 1, NOW)).toMatchObject({ step: "end", outcome: "expired" });
  expect(deliver(row({ expiresAt: NOW + 1 }), 1, NOW)).toMatchObject({ step: "send" });
});

test("a command that was sent before goes out again although it is over: only the agent knows what became of it", () => {
  expect(frameOf(row({ sentOn: 3, expiresAt: NOW - 60_000 }))).toMatchObject({ remainingMs: 0 });
});

test("a command that is to be cancelled is not sent again, but cancelled", () => {
  expect(deliver(row({ sentOn: 3, cancelling: true }), 1, NOW)).toEqual({ step: "cancel" });
});

test.each(CommandKinds)(
  "a command of kind %s that the agreed protocol lacks fails, and says what to update",
  (kind) => {
    const older = Math.min(...Object.values(KINDS)) - 1;
    expect(deliver(row({ kind }), older, NOW)).toEqual({
      step: "end",
      outcome: "failed",
      error: "update ccr-agent on this machine",
    });
  },
);

test("what a newer agent was sent and the older one does not know ends unknown: it may have been typed", () => {
  expect(deliver(row({ sentOn: 3 }), 0, NOW)).toMatchObject({ step: "end", outcome: "unknown" });
});

test("a command of 64 KB fits into a frame; one that JSON makes longer than 256 KB fails and says what to do", () => {
  expect(deliver(row({ command: "x".repeat(LIMITS.commandBytes) }), 1, NOW)).toMatchObject({ step: "send" });
  const long = deliver(row({ command: "\u0001".repeat(LIMITS.commandBytes) }), 1, NOW);
  expect(long).toMatchObject({ step: "end", outcome: "failed" });
  expect(long.step === "end" && long.error).toContain("send it in parts");
});
