import type { Patch } from "./patched.ts";
import type { Step } from "./plan.ts";

/** A guarantee that is switched off, and a course of events in which it is missed. */
export interface Breakage {
  what: string;
  worker: readonly Patch[];
  agent: readonly Patch[];
  plan: readonly Step[];
  /** The invariant that must be found broken. */
  breaks: string;
}

/** Each breakage has marks of its own, so that all can run in one chaos. */
let marks = 0;

function replies(count: number, from: number, every: number): Step[] {
  return Array.from({ length: count }, (_, index) => ({
    at: from + index * every,
    act: { do: "reply", session: "desk-a", mark: `<u${++marks}>` },
  }));
}

/** The router hears nothing of what the agent says; meanwhile it types. */
function deafFor(ms: number): Step {
  return { at: 0, fault: { do: "half-open", machine: "devbox", way: "up", ms } };
}

const NOW = { next: "now", after: 0 } as const;

export const BREAKAGES: readonly Breakage[] = [
  {
    what: "the journal is synced before anything is typed",
    worker: [],
    agent: [
      {
        file: "agent/store/database.ts",
        find: "  return database;\n}",
        replace: '  database.exec("BEGIN");\n  return database;\n}',
      },
      { file: "agent/store/database.ts", find: '"BEGIN IMMEDIATE"', replace: '"SAVEPOINT inner"' },
      { file: "agent/store/database.ts", find: '"COMMIT"', replace: '"RELEASE inner"' },
      // The mark beside the journal would give it away.
      { file: "agent/store/journal.ts", find: "this.#mark.write(count);", replace: ";" },
    ],
    plan: [
      deafFor(3_000),
      ...replies(3, 200, 50),
      { at: 1_800, fault: { do: "kill-agent", machine: "devbox", at: NOW, ms: 100 } },
    ],
    breaks: "typed at most once",
  },
  {
    what: "the journal says `injecting` before the first byte",
    worker: [],
    agent: [
      {
        file: "agent/store/journal.ts",
        find: `const begun = this.#change("UPDATE command SET state = 'injecting' WHERE id = ? AND state = 'journaled'", id);`,
        replace: 'const begun = this.find(id)?.state === "untyped" ? [id] : [];',
      },
    ],
    // In the pause between the text and its Enter.
    plan: [0, 2_500, 5_000].flatMap((at): Step[] => [
      { at, fault: { do: "kill-agent", machine: "devbox", at: { next: "journaled", after: 60 }, ms: 100 } },
      ...replies(1, at + 100, 0),
    ]),
    breaks: "typed at most once",
  },
  {
    what: "a replaced connection changes nothing",
    worker: [
      {
        find: "attachment.connection === machine?.connection && attachment.keyHash === machine.keyHash",
        replace: "attachment.keyHash === machine?.keyHash",
      },
      { find: 'this.close(other, CLOSE.replaced, "a newer connection took over");', replace: ";" },
    ],
    agent: [],
    plan: [
      { at: 0, fault: { do: "stop-run", session: "desk-a", ms: 4_500 } },
      ...replies(1, 200, 0),
      { at: 700, fault: { do: "ghost", machine: "devbox", ms: 2_500 } },
    ],
    breaks: "nothing passes on a replaced connection",
  },
  {
    what: "commands are remembered for 25 hours",
    worker: [{ find: "rememberCommand: 25 * HOUR", replace: "rememberCommand: 0" }],
    agent: [{ file: "src/protocol.ts", find: "rememberCommand: 25 * HOUR", replace: "rememberCommand: 0" }],
    plan: [
      ...replies(1, 0, 0),
      { at: 3_500, fault: { do: "kill-agent", machine: "devbox", at: NOW, ms: 100 } },
      { at: 5_500, fault: { do: "redeliver", back: 0 } },
    ],
    breaks: "typed at most once",
  },
  {
    what: "no more than 16 commands are under way unjournaled",
    worker: [{ find: "var WINDOW = 16;", replace: "var WINDOW = 1e3;" }],
    agent: [],
    plan: [{ at: 0, fault: { do: "stop-agent", machine: "devbox", ms: 2_500 } }, ...replies(20, 100, 20)],
    breaks: "the window holds, nothing is sent twice on it",
  },
  {
    what: "the agent keeps a result until it is stored",
    worker: [],
    agent: [
      {
        file: "agent/session/typist.ts",
        find: "this.#around.tell(error === undefined ? frame : { ...frame, error });",
        replace: "this.#around.tell(error === undefined ? frame : { ...frame, error }); this.#around.journal.drop(id);",
      },
      {
        file: "agent/store/journal.ts",
        find: "  /** Forgets what was confirmed",
        replace:
          '  drop(id: string): void {\n    this.#change("DELETE FROM command WHERE id = ?", id);\n  }\n\n  /** Forgets what was confirmed',
      },
    ],
    plan: [deafFor(2_000), ...replies(1, 200, 0)],
    breaks: "typed at most once",
  },
  {
    what: "an alarm rings when something is due",
    worker: [{ find: "await this.#storage.setAlarm(at);", replace: "await this.#storage.setAlarm(at + 60_000);" }],
    agent: [],
    plan: [
      ...replies(1, 0, 0),
      { at: 2_500, fault: { do: "telegram", kind: "500", times: 3 } },
      { at: 2_600, act: { do: "notify", session: "desk-a", mark: `<n${++marks}>` } },
    ],
    breaks: "alarms are never late or missing",
  },
  {
    what: "a machine keeps to the time that a command has",
    worker: [
      { find: "typedCommand: 24 * HOUR", replace: "typedCommand: 2 * SECOND" },
      { find: "offer.expiresAt,\n      sentOn", replace: "offer.expiresAt + 24 * HOUR,\n      sentOn" },
    ],
    agent: [],
    // Longer than that, and than what may be on its way so late.
    plan: [{ at: 0, fault: { do: "unreachable", machine: "devbox", ms: 13_500 } }, ...replies(1, 200, 0)],
    breaks: "nothing is typed after its time",
  },
  {
    what: "an answer goes to the question whose nonce it has",
    worker: [],
    agent: [
      { file: "agent/claude/open-asks.ts", find: "find(({ shown }) => shown === nonce)", replace: "at(0)" },
      { file: "agent/claude/ask.ts", find: "if (nonce !== this.#nonce())", replace: "if (nonce === undefined)" },
    ],
    plan: [
      { at: 0, act: { do: "ask", mark: "<q1>" } },
      { at: 500, act: { do: "ask", mark: "<q2>" } },
      { at: 4_000, act: { do: "answer", question: "<q2>", how: "reply", mark: "<a1>" } },
    ],
    breaks: "an answer reaches only its question, once",
  },
];
