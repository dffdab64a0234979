import { expect, test } from "vitest";
import { mayRegister } from "../../../src/session/membership.ts";
import type { Registered } from "../../../src/session/registration.ts";

const HERE: Registered = {
  sessionId: "s",
  machineId: "devbox",
  ownerId: 1,
  label: null,
  timeZone: null,
  typable: true,
  startedAt: 1_000,
  registeredAt: 2_000,
  endingAt: null,
  endedAt: null,
  successor: null,
};

const DEVBOX = { machineId: "devbox", ownerId: 1 };
const MACBOOK = { machineId: "macbook", ownerId: 1 };
const FOREIGN = { machineId: "devbox", ownerId: 2 };

test.each([
  { what: "nobody has it", known: undefined, by: DEVBOX, startedAt: null, move: false },
  { what: "its machine says it again", known: HERE, by: DEVBOX, startedAt: null, move: false },
  { what: "its machine claims it anew", known: HERE, by: DEVBOX, startedAt: 500, move: false },
  { what: "a younger claim", known: HERE, by: MACBOOK, startedAt: 1_001, move: true },
  { what: "the first claim", known: { ...HERE, startedAt: null }, by: MACBOOK, startedAt: 1, move: true },
  { what: "it ended", known: { ...HERE, endedAt: 3_000 }, by: MACBOOK, startedAt: null, move: false },
])("allowed where $what: moves $move", ({ known, by, startedAt, move }) => {
  expect(mayRegister(known, by, startedAt)).toEqual({ move });
});

test.each([
  { what: "another owner's", known: HERE, by: FOREIGN, startedAt: 9_000, code: 403 },
  { what: "another owner's that ended", known: { ...HERE, endedAt: 3_000 }, by: FOREIGN, startedAt: 9_000, code: 403 },
  { what: "on another machine, and there is no claim", known: HERE, by: MACBOOK, startedAt: null, code: 409 },
  { what: "on another machine, and the claim is as old", known: HERE, by: MACBOOK, startedAt: 1_000, code: 409 },
  { what: "on another machine, and the claim is older", known: HERE, by: MACBOOK, startedAt: 999, code: 409 },
  {
    what: "about to end on another machine",
    known: { ...HERE, endingAt: 9_000 },
    by: MACBOOK,
    startedAt: null,
    code: 409,
  },
])("refused with $code where it is $what", ({ known, by, startedAt, code }) => {
  expect(mayRegister(known, by, startedAt)).toMatchObject({ status: "refused", code });
});
