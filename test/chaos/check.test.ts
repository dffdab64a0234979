import { expect, test } from "vitest";
import { check } from "./check.ts";
import type { MachineId } from "./cast.ts";
import type { ChatMessage, Frame, Happened, History, Line, StoredCommand } from "./history.ts";
import type { Fault } from "./plan.ts";

const AT = 1_000_000;

function command(changes: Partial<StoredCommand> = {}): StoredCommand {
  return {
    session: "desk-a",
    name: "m1001.10",
    position: 1,
    kind: "text",
    text: "<u1> said",
    state: "typed",
    error: null,
    machineId: "devbox",
    sameAs: null,
    button: null,
    chatId: 1001,
    messageId: 10,
    acceptedAt: AT,
    expiresAt: AT + 86_400_000,
    receiptDue: null,
    cancelAsked: false,
    ...changes,
  };
}

function line(changes: Partial<Line> = {}): Line {
  return {
    session: "desk-a",
    machine: "devbox",
    terminal: "desk-a devbox 1",
    text: "<u1> said",
    at: AT + 300,
    ...changes,
  };
}

function frame(changes: Partial<Frame>): Frame {
  return { machine: "devbox", connection: 1, from: "router", type: "command", id: "ref.m1001.10", at: AT, ...changes };
}

const LOST_END = "the agent's journal lost what was written last: look at the terminal before you send it again";

function happened(fault: Fault): Happened {
  return { fault, from: AT + 400, to: AT + 500 };
}

function torn({ machine }: { machine: MachineId } = { machine: "devbox" }): Happened {
  return happened({ do: "tear-journal", machine, at: { next: "now", after: 0 }, how: "cut", frames: 3, ms: 0 });
}

function spoken(text: string): ChatMessage {
  return { chatId: 1001, messageId: 12, fromBot: true, text, reactions: [], repliesTo: null, at: AT };
}

/** Two replies, both typed, both told. */
function good(): History {
  const chat = [10, 11].map((messageId) => ({
    chatId: 1001,
    messageId,
    fromBot: false,
    text: "",
    reactions: ["👌"],
    repliesTo: 5,
    at: AT,
  }));
  return {
    seed: 1,
    sent: [1, 2].map((updateId) => ({
      updateId,
      kind: "text",
      session: "desk-a",
      name: `m1001.${9 + updateId}`,
      chatId: 1001,
      messageId: 9 + updateId,
      mark: `<u${updateId}>`,
      at: AT + updateId * 10,
    })),
    posts: [1, 2].map((updateId) => ({
      updateId,
      from: AT + updateId * 10,
      to: AT + updateId * 10 + 5,
      status: 200,
      heard: true,
      answer: "",
    })),
    commands: [command(), command({ name: "m1001.11", messageId: 11, position: 2, text: "<u2> said" })],
    lines: [line(), line({ text: "<u2> said", at: AT + 600 })],
    frames: [frame({})],
    chat: [spoken("<n3> is done"), ...chat],
    faults: [],
    leftovers: [],
    alarms: [{ object: "desk-a", due: AT + 1_000, alarm: AT + 1_000, at: AT }],
    said: [{ session: "desk-a", machine: "devbox", mark: "<n3>", from: AT, to: AT + 100 }],
    questions: [],
  };
}

function broken(history: History): string[] {
  return check(history)
    .filter(({ violations }) => violations.length > 0)
    .map(({ invariant }) => invariant);
}

test("a good history breaks nothing", () => {
  expect(broken(good())).toEqual([]);
});

const BAD: [what: string, broken: string, spoil: (history: History) => void][] = [
  ["an update without any 2xx", "every update was taken in the end", ({ posts }) => posts.pop()],
  ["a command that nobody remembers", "an update that was taken has one outcome", ({ commands }) => commands.pop()],
  [
    "a press on a question that is neither remembered nor told that it is too late",
    "an update that was taken has one outcome",
    (history) => pressOnQuestion(history, "sent to devbox"),
  ],
  [
    "a command without an outcome",
    "an update that was taken has one outcome",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "offered" })),
  ],
  ["an outcome without its reaction", "every outcome was told", ({ chat }) => chat.pop()],
  [
    "a failure without its reason",
    "every outcome was told",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "failed", error: "it broke" })),
  ],
  [
    "a doubt without a crash",
    "nobody knows only what nobody can know",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "unknown", error: "devbox lost its journal" })),
  ],
  [
    "a doubt over a journal's end that nobody tore off",
    "nobody knows only what nobody can know",
    (history) => {
      history.commands.push(command({ ...history.commands.pop(), state: "unknown", error: LOST_END }));
      history.faults.push(happened({ do: "full-disk", machine: "devbox", ms: 0 }));
    },
  ],
  [
    "a doubt over the torn journal of another machine",
    "nobody knows only what nobody can know",
    (history) => {
      history.commands.push(command({ ...history.commands.pop(), state: "unknown", error: LOST_END }));
      history.faults.push(torn({ machine: "server" }));
    },
  ],
  [
    "a doubt that was told before anything went wrong",
    "nobody knows only what nobody can know",
    (history) => doubted(history, LOST_END, { ...torn(), from: AT + 3_500, to: AT + 4_000 }),
  ],
  [
    "a doubt that its machine had stored before anything went wrong",
    "nobody knows only what nobody can know",
    (history) => {
      doubted(history, LOST_END, torn());
      history.frames.push(frame({ type: "resultStored", id: "ref.m1001.11", at: AT + 350 }));
    },
  ],
  [
    "a word that was taken after the journal was torn, and did not arrive",
    "what a program says arrives, in order",
    (history) => {
      history.chat.shift();
      history.faults.push({ ...torn(), from: AT - 200, to: AT - 100 });
    },
  ],
  [
    "two words the wrong way round, though the journal was torn",
    "what a program says arrives, in order",
    ({ chat, said, faults }) => {
      chat.push({ ...spoken("<n4> is done"), messageId: 9 });
      said.push({ session: "desk-a", machine: "devbox", mark: "<n4>", from: AT + 200, to: AT + 300 });
      faults.push(torn());
    },
  ],
  [
    "a line twice, though the journal was torn",
    "typed at most once",
    ({ lines, faults }) => {
      lines.push(line({ text: "<u2> said", at: AT + 900 }));
      faults.push(torn());
    },
  ],
  ["a line twice", "typed at most once", ({ lines }) => lines.push(line({ text: "<u2> said", at: AT + 900 }))],
  ["an Enter that nobody pressed", "typed at most once", ({ lines }) => lines.push(line({ text: "" }))],
  ["a word of a program that did not arrive", "what a program says arrives, in order", ({ chat }) => chat.shift()],
  [
    "a line that was cancelled",
    "typed at most once",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "cancelled", cancelAsked: true })),
  ],
  ["a typed command that no program has read", "typed is typed", ({ lines }) => lines.pop()],
  [
    "two lines the wrong way round",
    "in order within a session",
    (history) => (history.lines = history.lines.toReversed()),
  ],
  [
    "a line long after its time",
    "nothing is typed after its time",
    ({ lines }) => lines.push(line({ ...lines.pop(), at: AT + 90_000_000 })),
  ],
  [
    "a command that was called too old before it was",
    "nothing is typed after its time",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "expired" })),
  ],
  [
    "a text that was changed and typed as it was",
    "typed as it is remembered",
    ({ sent, commands }) => {
      sent.push({ ...sentBy(sent), kind: "edit" });
      commands.push(command({ ...commands.pop(), text: "<u2> said better" }));
    },
  ],
  [
    "a text that was changed, typed as it is now, and remembered as it was",
    "typed as it is remembered",
    ({ sent, lines }) => {
      sent.push({ ...sentBy(sent), kind: "edit" });
      lines.push(line({ ...lines.pop(), text: "<u2> said better 1" }));
    },
  ],
  [
    "a stranger's line",
    "only the owner causes bytes",
    ({ sent }) => sent.push({ ...sentBy(sent), kind: "intrusion", chatId: 6666 }),
  ],
  [
    "a frame on a replaced connection",
    "nothing passes on a replaced connection",
    ({ frames }) =>
      frames.push(frame({ connection: 2, type: "welcome", id: null }), frame({ type: "cancel", at: AT + 5_000 })),
  ],
  [
    "a ghost that was believed",
    "nothing passes on a replaced connection",
    ({ commands }) => commands.push(command({ ...commands.pop(), state: "failed", error: "told by a ghost" })),
  ],
  [
    "seventeen commands under way",
    "the window holds, nothing is sent twice on it",
    ({ frames }) => {
      for (let number = 20; number < 36; number++) frames.push(frame({ id: `ref.m1001.${number}` }));
    },
  ],
  [
    "a command twice on one connection",
    "the window holds, nothing is sent twice on it",
    ({ frames }) => frames.push(frame({ type: "journaled", from: "agent" }), frame({})),
  ],
  [
    "an object that waits for something without an alarm",
    "alarms are never late or missing",
    ({ alarms }) => alarms.push({ object: "desk-a", due: AT + 1_000, alarm: null, at: AT }),
  ],
  [
    "an alarm long after what it is for",
    "alarms are never late or missing",
    ({ alarms }) => alarms.push({ object: "desk-a", due: AT + 1_000, alarm: AT + 60_000, at: AT }),
  ],
  [
    "an answer that reached another question, too",
    "an answer reaches only its question, once",
    (history) => {
      answered(history, "<q1>", "<a1>");
      history.questions.push({ mark: "<q2>", decision: "deny: <a1> because" });
    },
  ],
  [
    "a question that was answered twice",
    "an answer reaches only its question, once",
    (history) => {
      answered(history, "<q1>", "<a1>");
      answered(history, "<q1>", "<a2>");
    },
  ],
  [
    "an answer that was taken, and never came",
    "an answer reaches only its question, once",
    (history) => {
      answered(history, "<q1>", "<a1>");
      history.questions = [{ mark: "<q1>", decision: null }];
    },
  ],
  ["a row that is left", "nothing is left over", ({ leftovers }) => leftovers.push("desk-a: a message to Telegram")],
];

/** A question to which somebody has replied, as it should be. */
function answered(history: History, question: string, mark: string): void {
  const messageId = 30 + history.commands.length;
  const name = `m1001.${messageId}`;
  const text = `${mark} because`;
  history.sent.push({ ...sentBy(history.sent), kind: "answer", name, messageId, mark, question });
  history.commands.push(command({ name, messageId, kind: "answer", text, state: "accepted" }));
  history.chat.push({ ...spoken(text), messageId, fromBot: false, reactions: ["👌"] });
  history.questions.push({ mark: question, decision: `deny: ${text}` });
}

/** A press on a question's card that nothing remembers, and its toast. */
function pressOnQuestion(history: History, toast: string): void {
  history.sent.push({ ...sentBy(history.sent), kind: "answer", updateId: 3, name: "q3", mark: null, question: "<q1>" });
  const answer = JSON.stringify({ method: "answerCallbackQuery", text: toast });
  history.posts.push({ updateId: 3, from: AT + 700, to: AT + 705, status: 200, heard: true, answer });
}

const EXCUSED: [what: string, spoil: (history: History) => void][] = [
  ["a doubt of the agent after its journal was torn", (history) => doubted(history, LOST_END, torn())],
  ["a doubt of the router after a journal was torn", (history) => doubted(history, "devbox lost its journal", torn())],
  [
    "a command whose end was torn off",
    (history) => doubted(history, "the agent stopped while this was being typed", torn()),
  ],
  [
    "a machine that could not write, and was silent until it was too late",
    (history) =>
      doubted(
        history,
        "the machine never said what became of it",
        happened({ do: "full-disk", machine: "devbox", ms: 0 }),
      ),
  ],
  ["a question with an answer", (history) => answered(history, "<q1>", "<a1>")],
  [
    "a press on a question that is over, and that is told so",
    (history) => pressOnQuestion(history, "too late: it is answered already"),
  ],
  [
    "a word that waited in a journal which lost its end",
    ({ chat, faults }) => {
      chat.shift();
      faults.push(torn());
    },
  ],
];

test.each(EXCUSED)("%s breaks nothing", (_what, spoil) => {
  const history = good();
  spoil(history);
  expect(broken(history)).toEqual([]);
});

function doubted({ commands, chat, faults }: History, error: string, fault: Happened): void {
  const doubtful = command({ ...commands.pop(), state: "unknown", error });
  commands.push(doubtful);
  const shown = chat.find(({ messageId }) => messageId === doubtful.messageId);
  if (shown !== undefined) shown.reactions = ["🤷"];
  chat.push({ ...spoken(`Nobody knows: ${error}`), messageId: 20, repliesTo: doubtful.messageId, at: AT + 2_000 });
  faults.push(fault);
}

test.each(BAD)("%s breaks: %s", (_what, invariant, spoil) => {
  const history = good();
  spoil(history);
  expect(broken(history)).toContain(invariant);
});

function sentBy(sent: History["sent"]): History["sent"][number] {
  const last = sent.at(-1);
  if (last === undefined) throw new Error("something was sent");
  return last;
}
