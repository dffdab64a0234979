import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Arbitrary,
  assert,
  type Command,
  commands,
  constant,
  constantFrom,
  modelRun,
  nat,
  property,
  tuple,
} from "fast-check";
import { afterAll, test } from "vitest";
import type { Entry, Journal } from "../../agent/store/journal.ts";
import { AGES, OUTCOMES } from "../../src/protocol.ts";
import { type Both, step } from "../model-step.ts";
import { FUZZ_WITHIN_MS } from "../mutations.ts";
import { Desk, Paper } from "./journal-paper.ts";
import { commandId, textCommand } from "./stand-in-router.ts";

type Step = Command<Paper, Desk>;

const IDS = [0, 1, 2].map(commandId);
const which = constantFrom(...IDS);
const session = constantFrom("s1", "s2");
const LIFE = 1_000;

/** Steps that change something, and about which nothing is said but what the journal holds afterwards. */
const SILENT: Both = [null, null];

function onId(name: string, run: (id: string, paper: Paper, desk: Desk) => Both): Arbitrary<Step> {
  return which.map((id) => step(`${name}(${id.at(-1)})`, (paper, desk) => run(id, paper, desk)));
}

const receive = tuple(nat({ max: 2 }), session).map(([n, to]): Step =>
  step(`receive(${n}, ${to})`, (paper, { journal }) => {
    const id = commandId(n);
    const known = paper.notes.get(id);
    if (known === undefined)
      paper.notes.set(id, { session: to, state: "untyped", until: paper.now + LIFE, endedAt: 0, stored: false });
    else if (known.state === "untyped") known.until = paper.now + LIFE;
    const { state } = journal.receive(textCommand(n, to, `text ${n}`, LIFE));
    return [paper.notes.get(id)?.state, state];
  }),
);

const begin = onId("begin", (id, paper, { journal, bytes }) => {
  const may = paper.move(id, "untyped", "injecting");
  if (may) bytes.set(id, (bytes.get(id) ?? 0) + 1);
  return [may, journal.beginInjecting(id)];
});

const putBack = onId("putBack", (id, paper, { journal, bytes }) => {
  if (paper.move(id, "injecting", "untyped")) bytes.delete(id);
  journal.putBack(id);
  return SILENT;
});

const markTyped = onId("markTyped", (id, paper, { journal }) => {
  paper.move(id, "injecting", "typed");
  journal.markTyped(id);
  return SILENT;
});

const finish = tuple(which, constantFrom(...OUTCOMES)).map(([id, outcome]): Step =>
  step(`finish(${id.at(-1)}, ${outcome})`, (paper, { journal }) => [
    paper.end(id, outcome),
    journal.finish(id, outcome),
  ]),
);

const cancel = tuple(which, session).map(([id, of]): Step =>
  step(`cancel(${id.at(-1)}, ${of})`, (paper, { journal }) => {
    if (!paper.notes.has(id))
      paper.notes.set(id, { session: of, state: "untyped", until: paper.now, endedAt: 0, stored: false });
    if (paper.notes.get(id)?.state === "untyped") paper.end(id, "cancelled");
    journal.cancel(id, of);
    return SILENT;
  }),
);

const confirm = onId("confirm", (id, paper, { journal }) => {
  const note = paper.notes.get(id);
  if (note?.state === "finished") note.stored = true;
  journal.confirm(id);
  return SILENT;
});

const rename = tuple(session, session).map(([from, to]): Step =>
  step(`rename(${from}, ${to})`, (paper, { journal }) => {
    for (const note of paper.notes.values()) if (note.session === from && note.state !== "finished") note.session = to;
    journal.renameSession(from, to);
    return SILENT;
  }),
);

const endSession = session.map((of): Step =>
  step(`endSession(${of})`, (paper, { journal }) => {
    const typed = paper.endAll("typed", "typed", (note) => note.session === of);
    const failed = paper.endAll("untyped", "failed", (note) => note.session === of);
    return [[...typed, ...failed], journal.failSession(of, "over")];
  }),
);

const pass = constantFrom(LIFE / 2, LIFE / 2, LIFE, AGES.rememberCommand).map((ms): Step =>
  step(`pass(${ms})`, (paper, { journal }) => {
    paper.now += ms;
    const typed = paper.endAll("typed", "typed", ({ until }) => until <= paper.now);
    const expired = paper.endAll("untyped", "expired", ({ until }) => until <= paper.now);
    return [[...typed, ...expired], journal.expire()];
  }),
);

const prune = constant<Step>(
  step("prune", (paper, { journal, bytes }) => {
    for (const [id, { stored, endedAt }] of paper.notes) {
      if (!stored || endedAt >= paper.now - AGES.rememberCommand) continue;
      paper.notes.delete(id);
      // The router does not ask for it again: the same id would be another command.
      bytes.delete(id);
    }
    journal.prune();
    return SILENT;
  }),
);

const crash = constant<Step>(
  step("crash", (paper, desk) => [paper.endAll("injecting", "unknown", () => true), desk.crash()]),
);

const STEPS = [
  receive,
  receive,
  receive,
  begin,
  begin,
  putBack,
  markTyped,
  finish,
  cancel,
  confirm,
  rename,
  endSession,
  pass,
  pass,
  prune,
  crash,
];

function seen(entry: Entry | undefined): unknown {
  if (entry === undefined) return undefined;
  return entry.state === "finished"
    ? { state: "finished", session: entry.result.sessionId, outcome: entry.result.outcome }
    : { state: entry.state, session: entry.command.sessionId, outcome: undefined };
}

function onPaper({ notes }: Paper): unknown {
  const all = [...notes];
  const where = (of: string, state: string): string[] =>
    all.filter(([, note]) => note.session === of && note.state === state).map(([id]) => id);
  return {
    found: IDS.map((id) => {
      const note = notes.get(id);
      return note && { state: note.state, session: note.session, outcome: note.outcome };
    }),
    unconfirmed: all.filter(([, { state, stored }]) => state === "finished" && !stored).map(([id]) => id),
    unproved: ["s1", "s2"].map((of) => where(of, "typed")),
    waiting: ["s1", "s2"].map((of) => where(of, "untyped").length),
  };
}

function inFile({ journal }: { journal: Journal }): unknown {
  return {
    found: IDS.map((id) => seen(journal.find(id))),
    unconfirmed: journal.unconfirmed().map(({ id }) => id),
    unproved: ["s1", "s2"].map((of) => journal.unproved(of).map(({ id }) => id)),
    waiting: ["s1", "s2"].map((of) => journal.waiting().get(of) ?? 0),
  };
}

/** After every step all of the journal is read. */
function compared(one: Step): Step {
  return step(String(one), (paper, desk) => {
    one.run(paper, desk);
    const tooOften = [...desk.bytes].filter(([, times]) => times > 1);
    return [
      [onPaper(paper), []],
      [inFile(desk), tooOften],
    ];
  });
}

const folder = mkdtempSync(join(tmpdir(), "ccr-journal-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;

test(
  "whatever happens in whatever order, the journal says what its paper says, and begins each text at most once",
  () => {
    const course = commands(
      STEPS.map((one) => one.map(compared)),
      { maxCommands: 40, size: "max" },
    );
    assert(
      property(course, (steps) => {
        const paper = new Paper();
        const desk = new Desk(join(folder, `${(runs += 1)}.db`), paper);
        try {
          modelRun(() => ({ model: paper, real: desk }), steps);
        } finally {
          desk.close();
        }
      }),
      { numRuns: 150 },
    );
  },
  FUZZ_WITHIN_MS,
);
