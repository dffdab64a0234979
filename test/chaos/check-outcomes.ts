import { isOf } from "./check-typing.ts";
import type { Finding } from "./finding.ts";
import type { ChatMessage, Happened, History, Said, Sent, StoredCommand } from "./history.ts";

/** What people do that is to have an outcome. */
const COMMANDS = new Set<Sent["kind"]>(["text", "press", "key", "screen", "answer"]);
const TOO_LATE = /"text":"too late: /;
const FINAL = new Set(["accepted", "typed", "failed", "expired", "cancelled", "unknown"]);

/** After everything is healed, Telegram has brought every update. */
export function checkTaken({ sent, posts }: History): Finding {
  const taken = new Set(posts.filter(({ status }) => status >= 200 && status < 300).map(({ updateId }) => updateId));
  return {
    invariant: "every update was taken in the end",
    checked: sent.length,
    violations: sent.filter(({ updateId }) => !taken.has(updateId)).map(({ kind, name }) => `${kind} ${name}`),
  };
}

/**
 * What was answered 2xx, also where Telegram never heard of it, is remembered and has exactly one outcome. A press on a
 * question that is over by then is told so, and that is all.
 */
export function checkOutcomes({ sent, commands, posts }: History): Finding {
  const taken = new Set(posts.filter(({ status }) => status >= 200 && status < 300).map(({ updateId }) => updateId));
  const asked = sent.filter(({ kind, updateId }) => COMMANDS.has(kind) && taken.has(updateId));
  const late = new Set(posts.filter(({ answer }) => TOO_LATE.test(answer)).map(({ updateId }) => updateId));
  const violations = asked.flatMap(({ kind, name, session, mark, updateId }) => {
    const stored = commands.filter((command) => command.name === name && command.session === session);
    const [command] = stored;
    const isToldTooLate = kind === "answer" && mark === null && late.has(updateId);
    if (command === undefined) return isToldTooLate ? [] : [`${name} ${mark} is not remembered`];
    if (stored.length > 1) return [`${name} ${mark} is remembered ${stored.length} times`];
    return FINAL.has(command.state) ? [] : [`${name} ${mark} is still ${command.state}`];
  });
  return { invariant: "an update that was taken has one outcome", checked: asked.length, violations };
}

const REACTIONS: Readonly<Record<string, string>> = {
  accepted: "👌",
  typed: "👌",
  failed: "👎",
  expired: "👎",
  unknown: "🤷",
  cancelled: "",
};

/** The outcome stands at the user's message; one that was not hoped for is explained in a reply. */
export function checkTold({ commands, chat }: History): Finding {
  const own = commands.filter(({ sameAs, state }) => sameAs === null && FINAL.has(state));
  let duplicates = 0;
  const violations = own.flatMap((command) => {
    const { name, state, button, error, cancelAsked } = command;
    const notes = notesOn(chat, command);
    // Telegram may have been told twice, after a silence.
    if (button === null) duplicates += notes.length - new Set(notes.map(({ text }) => text)).size;
    const wrong: string[] = [];
    if (button === null) {
      const shown = messageOf(chat, command)?.reactions.join("") ?? "";
      if (shown !== REACTIONS[state]) wrong.push(`${name} is ${state}, shown as "${shown}"`);
    }
    const explained = notes.some(({ text }) => text.includes(error ?? ""));
    if (needsWords(command) && !explained) wrong.push(`${name} is ${state}, and nobody was told why: ${error}`);
    if (state === "cancelled" && error === null && !cancelAsked) wrong.push(`${name} was cancelled by nobody`);
    return wrong;
  });
  return { invariant: "every outcome was told", checked: own.length, violations, duplicates };
}

function needsWords({ kind, state, error }: StoredCommand): boolean {
  // What became of an answer stands on the question's card.
  if (kind === "answer" && state !== "unknown") return false;
  return state === "failed" || state === "expired" || state === "unknown" || (state === "cancelled" && error !== null);
}

function messageOf(chat: readonly ChatMessage[], { chatId, messageId }: StoredCommand): ChatMessage | undefined {
  return chat.find((message) => message.chatId === chatId && message.messageId === messageId);
}

function notesOn(chat: readonly ChatMessage[], { chatId, messageId }: StoredCommand): ChatMessage[] {
  return chat.filter(
    (message) =>
      message.fromBot &&
      message.chatId === chatId &&
      message.repliesTo === messageId &&
      /Not typed[:,]|Nobody knows/.test(message.text),
  );
}

/** What an agent has taken from a program comes to the chat: perhaps twice, never out of order. */
export function checkSaid({ said, chat, faults }: History): Finding {
  // A session that moved speaks from elsewhere; what it left behind is not its own any more.
  const checked = said.filter(({ session, machine, from, to }) => {
    return !faults.some(({ fault, from: begun, to: over }) => {
      const lost = fault.do === "lose-journal" && fault.machine === machine;
      const moved = fault.do === "move" && fault.session === session;
      return (lost || moved) && over >= from - MOVED_MS && begun <= to + MOVED_MS;
    });
  });
  const places = new Map(checked.map(({ mark }) => [mark, placesOf(chat, mark)]));
  const firstOf = ({ mark }: Said): number => places.get(mark)?.[0] ?? Number.POSITIVE_INFINITY;
  const violations = checked.flatMap((one) => {
    if (firstOf(one) === Number.POSITIVE_INFINITY)
      return tornOff(one, faults) ? [] : [`${one.mark} of ${one.session} never came`];
    const overtaken = checked.find(
      (other) =>
        other.session === one.session &&
        other.to <= one.from &&
        firstOf(other) > firstOf(one) &&
        !(firstOf(other) === Number.POSITIVE_INFINITY && tornOff(other, faults)),
    );
    return overtaken === undefined ? [] : [`${one.mark} came before ${overtaken.mark}`];
  });
  const duplicates = [...places.values()].reduce((sum, { length }) => sum + Math.max(0, length - 1), 0);
  return { invariant: "what a program says arrives, in order", checked: checked.length, violations, duplicates };
}

/** For so long a word may wait in an outbox while its session moves away, in milliseconds. */
const MOVED_MS = 30_000;

/** It waited in the agent's outbox, and that lost its end. What did come keeps its order. */
function tornOff({ machine, from, to }: Said, faults: readonly Happened[]): boolean {
  return faults.some(
    ({ fault, from: begun, to: over }) =>
      fault.do === "tear-journal" && fault.machine === machine && over >= from && begun <= to + MOVED_MS,
  );
}

function placesOf(chat: readonly ChatMessage[], mark: string): number[] {
  return chat.filter(({ fromBot, text }) => fromBot && text.includes(mark)).map(({ messageId }) => messageId);
}

/** What makes each kind of doubt legitimate. */
const EXCUSES: readonly { reason: RegExp; faults: readonly Happened["fault"]["do"][] }[] = [
  {
    reason: /the agent stopped while this was being typed/,
    faults: ["kill-agent", "lose-journal", "tear-journal", "usurp"],
  },
  // A machine says so, and its agent, which finds some of it gone, of each command that it still knows.
  { reason: /lost its journal/, faults: ["lose-journal", "tear-journal", "usurp"] },
  { reason: /the agent's journal lost what was written last/, faults: ["tear-journal"] },
  { reason: /the terminal went away while this was being typed/, faults: ["kill-run", "move"] },
  {
    reason: /the machine never said what became of it/,
    faults: [
      "kill-agent",
      "stop-agent",
      "stop-run",
      "unreachable",
      "half-open",
      "ghost",
      "cut",
      "truncate",
      "full-disk",
    ],
  },
];

/** `unknown` only where something happened that nobody can see through, while the command was on its way. */
export function checkUnknown(history: History): Finding {
  const { commands, faults } = history;
  const doubtful = commands.filter(({ state, sameAs }) => state === "unknown" && sameAs === null);
  const violations = doubtful
    .filter((command) => {
      const excuse = EXCUSES.find(({ reason }) => reason.test(command.error ?? ""));
      const end = endedBy(history, command);
      return !faults.some(
        ({ fault, from, to }) =>
          excuse?.faults.includes(fault.do) && concerns(fault, command) && to >= command.acceptedAt && from <= end,
      );
    })
    .map(({ name, error }) => `${name}: ${error}`);
  return {
    invariant: "nobody knows only what nobody can know",
    checked: doubtful.length,
    violations,
    unknowns: doubtful.length,
  };
}

/** Telegram counts seconds. */
const SECOND_MS = 1_000;

/** By when a command had its outcome: its machine heard that it is stored, or its chat what it is. */
function endedBy({ frames, chat }: History, command: StoredCommand): number {
  const stored = frames.filter(({ type, from, id }) => {
    return type === "resultStored" && from === "router" && isOf(id, command.name);
  });
  const told = notesOn(chat, command).filter(({ text }) => text.includes(command.error ?? ""));
  return Math.min(Number.POSITIVE_INFINITY, ...stored.map(({ at }) => at), ...told.map(({ at }) => at + SECOND_MS));
}

function concerns(fault: Happened["fault"], { machineId, session }: StoredCommand): boolean {
  if ("session" in fault) return fault.session === session;
  return "machine" in fault && fault.machine === machineId;
}
