import { URGENT, type CommandKind } from "../../src/protocol.ts";

/** A command that this connection has sent, and that waits for its turn. */
export interface Waiting {
  id: string;
  kind: CommandKind;
  /** Its place in the journal: first in, first out. */
  position: number;
  /** The moments when its time is over, one a clock. */
  wallDeadline: number;
  monotonicDeadline: number;
  /** By the monotonic clock: the terminal said "not now", so ask again then. 0 where it did not. */
  notBefore: number;
}

/** All that the decision needs to know of one session. */
export interface SessionView {
  waiting: readonly Waiting[];
  /**
   * `away`: the program lives, but nobody is here who could type. `nowhere`: it lives where nobody can type.
   * `sought`: that is being found out. `unknown`: no such session on this machine.
   */
  terminal: "here" | "away" | "nowhere" | "sought" | "unknown";
  wall: number;
  monotonic: number;
}

/** What to do next in a session. */
export type Turn =
  | { do: "nothing" }
  | { do: "end"; id: string; outcome: "expired" | "failed"; reason: string }
  /** Nothing can be typed now: tell each of them. */
  | { do: "hold"; ids: string[]; reason: string }
  /** The terminal said "not now"; look again at this moment of the monotonic clock. */
  | { do: "wait"; until: number }
  | { do: "carry out"; id: string };

const NOWHERE =
  "it runs in no terminal that can be typed into: start it in tmux, in nvim's :terminal, or with `ccr-agent run -- claude`";
const UNKNOWN = "this session does not run on this machine: start it again with `ccr-agent run`";
const EXPIRED = "its time was over before it could be typed";
const AWAY = "its terminal is not connected to the agent at the moment: it is typed as soon as it is back";

/** The first of its lane whose time has come; a lane waits for its first. */
function first(lane: readonly Waiting[]): Waiting | undefined {
  return lane.reduce<Waiting | undefined>(
    (best, next) => (best && best.position < next.position ? best : next),
    undefined,
  );
}

/** What a session does next: what is over ends, keys and screens go before texts, each lane in order. */
export function nextTurn({ waiting, terminal, wall, monotonic }: SessionView): Turn {
  const [any] = waiting;
  if (any === undefined) return { do: "nothing" };
  const over = waiting.find((one) => wall >= one.wallDeadline || monotonic >= one.monotonicDeadline);
  if (over) return { do: "end", id: over.id, outcome: "expired", reason: EXPIRED };
  // An answer goes to whoever asked, wherever the terminal is.
  const answer = first(waiting.filter((one) => one.kind === "answer" && one.notBefore <= monotonic));
  if (answer) return { do: "carry out", id: answer.id };
  const typed = waiting.filter((one) => one.kind !== "answer");
  const [next] = typed;
  if (next !== undefined) {
    if (terminal === "unknown") return { do: "end", id: next.id, outcome: "failed", reason: UNKNOWN };
    if (terminal === "nowhere") return { do: "end", id: next.id, outcome: "failed", reason: NOWHERE };
    if (terminal === "sought") return { do: "nothing" };
    if (terminal === "away") return { do: "hold", ids: typed.map((one) => one.id), reason: AWAY };
  }

  const heads = [
    first(typed.filter((one) => URGENT.has(one.kind))),
    first(typed.filter((one) => !URGENT.has(one.kind))),
  ];
  const lanes = heads.filter((one) => one !== undefined);
  const ready = lanes.find((one) => one.notBefore <= monotonic);
  if (ready) return { do: "carry out", id: ready.id };
  return { do: "wait", until: Math.min(...waiting.map((one) => one.notBefore).filter((when) => when > monotonic)) };
}
