import type { ASKER, MachineId, SessionName } from "./cast.ts";
import type { Fault } from "./plan.ts";

/** What a person did. */
export interface Sent {
  updateId: number;
  kind: "text" | "press" | "key" | "screen" | "edit" | "cancel" | "again" | "answer" | "intrusion";
  session: SessionName | typeof ASKER.session;
  /** What the command is called in its SessionDO; null where there should be none. */
  name: string | null;
  chatId: number;
  messageId: number;
  /** The mark in its text; null where the text is another's. */
  mark: string | null;
  /** The mark of the question that it answers. */
  question?: string;
  at: number;
}

/** A question of a program, and what it was told: what its hook has printed; null where that was nothing. */
export interface Question {
  mark: string;
  decision: string | null;
}

/** What a program has said, and the agent has taken. Milliseconds since the epoch. */
export interface Said {
  session: SessionName;
  machine: MachineId;
  mark: string;
  from: number;
  to: number;
}

/** One POST of an update, as the router saw it. `status` is 0 where it gave no answer. Milliseconds since the epoch. */
export interface Post {
  updateId: number;
  from: number;
  to: number;
  status: number;
  /** Whether Telegram heard of the answer. */
  heard: boolean;
  /** The body of the answer: a message or a toast, as the call that Telegram is to make. */
  answer: string;
}

/** A command as its SessionDO stored it. */
export interface StoredCommand {
  session: string;
  name: string;
  position: number;
  kind: string;
  text: string;
  state: string;
  error: string | null;
  machineId: string;
  sameAs: string | null;
  button: string | null;
  chatId: number;
  messageId: number;
  acceptedAt: number;
  expiresAt: number;
  receiptDue: number | null;
  cancelAsked: boolean;
}

/** A line that a program in a terminal has read. */
export interface Line {
  session: SessionName;
  machine: MachineId;
  /** Each start of the program is a terminal of its own. */
  terminal: string;
  text: string;
  at: number;
}

/** A frame that passed between an agent and the router. */
export interface Frame {
  machine: MachineId;
  /** Which of the machine's connections: they are counted. */
  connection: number;
  from: "agent" | "router" | "ghost";
  type: string;
  id: string | null;
  at: number;
}

/** What happened when, to say later what it excuses. */
export interface Happened {
  fault: Fault;
  from: number;
  to: number;
}

export interface ChatMessage {
  chatId: number;
  messageId: number;
  fromBot: boolean;
  text: string;
  reactions: string[];
  repliesTo: number | null;
  /** Telegram counts seconds: when the second began in which it was sent, in milliseconds since the epoch. */
  at: number;
}

/** When an object had to be woken at the latest, and when it was going to be: looked at while all came to rest. */
export interface Alarm {
  object: string;
  due: number;
  alarm: number | null;
  at: number;
}

/** Everything that each side recorded. */
export interface History {
  seed: number;
  sent: Sent[];
  posts: Post[];
  commands: StoredCommand[];
  lines: Line[];
  frames: Frame[];
  chat: ChatMessage[];
  faults: Happened[];
  /** Rows that were left where none should be, in words. */
  leftovers: string[];
  alarms: Alarm[];
  said: Said[];
  questions: Question[];
}
