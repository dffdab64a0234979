import { expect, test } from "vitest";
import { asReported } from "../../../src/session/reported.ts";

const HERE = { machineId: "devbox", endedAt: null };
const COMMAND = { machineId: "devbox", cancelAsked: false };
const CANCELLED = { outcome: "cancelled", error: null } as const;

test.each([
  { what: "the user asked for it", command: { ...COMMAND, cancelAsked: true }, session: HERE, told: CANCELLED },
  {
    what: "the session moved",
    command: COMMAND,
    session: { ...HERE, machineId: "macbook" },
    told: { outcome: "cancelled", error: "the session moved to macbook" },
  },
  {
    what: "the session ended",
    command: COMMAND,
    session: { ...HERE, endedAt: 5 },
    told: { outcome: "failed", error: "the session ended" },
  },
  {
    what: "nobody knows the session",
    command: COMMAND,
    session: undefined,
    told: { outcome: "failed", error: "the session ended" },
  },
  {
    what: "the session is where it was",
    command: COMMAND,
    session: HERE,
    told: { outcome: "cancelled", error: "the session left devbox" },
  },
])("a bare cancelled where $what", ({ command, session, told }) => {
  expect(asReported(command, CANCELLED, session)).toEqual(told);
});

test("every other report is told as it is", () => {
  for (const told of [
    { outcome: "typed", error: null },
    { outcome: "failed", error: "the terminal is gone" },
    { outcome: "cancelled", error: "the session moved to macbook" },
  ] as const)
    expect(asReported(COMMAND, told, { ...HERE, machineId: "elsewhere", endedAt: 5 })).toEqual(told);
});
