/**
 * What is said on the control socket: a Unix socket of the daemon, one JSON object a line. Its clients are `run`
 * (which stays connected as a terminal), and the short calls of `notify` and `status`.
 */
import * as v from "valibot";
import { LIMITS, NotificationBody, type Parsed, parseTyped, SessionId } from "../../src/protocol.ts";

/** Bytes of one line, as UTF-8, its newline included. Whoever sends a longer one is cut off. */
export const LINE_BYTES = LIMITS.frameBytes;

const RequestId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const Label = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const Reason = v.pipe(v.string(), v.maxLength(500));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Text = v.pipe(v.string(), v.maxBytes(LIMITS.commandBytes));

/* ---- client → daemon ----------------------------------------------------------------------------------------- */

/** A terminal is here. The connection stays open; if it ends without `detach`, the terminal is away. */
export const Attach = v.object({
  type: v.literal("attach"),
  sessionId: SessionId,
  label: v.exactOptional(Label),
  /** What runs in it, for people: the program's file name. */
  program: v.pipe(v.string(), v.maxLength(256)),
  /** The program's process id. */
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Milliseconds since the session started here. */
  claim: Count,
});
export type Attach = v.InferOutput<typeof Attach>;

/** The session ended. */
const Detach = v.object({
  type: v.literal("detach"),
  sessionId: SessionId,
  reason: v.pipe(v.string(), v.maxLength(64)),
});

const NotifyRequest = v.object({
  type: v.literal("notify"),
  requestId: RequestId,
  notification: NotificationBody,
});
const StatusRequest = v.object({ type: v.literal("status"), requestId: RequestId });

/** The text of a `type` that asks for it stands there: may Enter be pressed? Answered by `enter` with its requestId. */
const AskBeforeEnter = v.object({ type: v.literal("beforeEnter"), requestId: RequestId });

/** What became of an order. `status` is the tag: see `TypeResult` and `ScreenResult` in terminal/terminal.ts. */
export const Done = v.variant("status", [
  v.object({
    type: v.literal("done"),
    requestId: RequestId,
    status: v.literal("typed"),
    /** Characters that were taken out of the text before it was typed. */
    removed: v.exactOptional(Count),
  }),
  v.object({ type: v.literal("done"), requestId: RequestId, status: v.literal("screen"), text: v.string() }),
  v.object({ type: v.literal("done"), requestId: RequestId, status: v.literal("failed"), reason: Reason }),
  v.object({ type: v.literal("done"), requestId: RequestId, status: v.literal("held"), reason: Reason }),
]);
export type Done = v.InferOutput<typeof Done>;

const Variable = v.exactOptional(v.string());

/** An event of Claude Code. The connection stays open while Claude waits for a decision; its end is the answer's end. */
export const Hook = v.object({
  type: v.literal("hook"),
  /** The same for the whole life of the hook's process, over a restart of the daemon. */
  requestId: RequestId,
  event: v.string(),
  claudePid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Where Claude runs, as the hook inherited it. */
  env: v.object({
    TMUX: Variable,
    TMUX_PANE: Variable,
    NVIM: Variable,
    CCR_SESSION: Variable,
    CLAUDE_CODE_ENTRYPOINT: Variable,
    /** Where its own files lie. */
    CLAUDE_CONFIG_DIR: Variable,
    HOME: Variable,
    /** Whether it draws without colours, and so without faint text. */
    NO_COLOR: Variable,
  }),
  /** What Claude Code says of the event: read in agent/claude/hook-input.ts. */
  input: v.unknown(),
});
export type Hook = v.InferOutput<typeof Hook>;

const CLIENT_MESSAGES = {
  attach: Attach,
  detach: Detach,
  notify: NotifyRequest,
  status: StatusRequest,
  hook: Hook,
  beforeEnter: AskBeforeEnter,
  done: Done,
};
export type ClientMessage = v.InferOutput<(typeof CLIENT_MESSAGES)[keyof typeof CLIENT_MESSAGES]>;

/* ---- daemon → client ----------------------------------------------------------------------------------------- */

const Attached = v.object({ type: v.literal("attached"), sessionId: SessionId });

/** By this machine's wall clock. An order that is found later is given up: nobody waits for it any more. */
const Before = v.exactOptional(v.pipe(v.number(), v.safeInteger()));

const TypeOrder = v.object({
  type: v.literal("type"),
  requestId: RequestId,
  before: Before,
  text: Text,
  kind: v.picklist(["text", "action"]),
  /** `beforeEnter` is to be asked. A `run` that was started before it knew of this presses Enter all the same. */
  asksBeforeEnter: v.exactOptional(v.boolean()),
});
const KeyOrder = v.object({
  type: v.literal("key"),
  requestId: RequestId,
  before: Before,
  key: v.pipe(v.string(), v.maxLength(64)),
});
const ScreenOrder = v.object({
  type: v.literal("screen"),
  requestId: RequestId,
  /** Whether faint text is part of it: see `Terminal`. */
  faint: v.exactOptional(v.picklist(["shown", "hidden"])),
});

/** What the daemon tells a terminal to do. Each is answered by one `done` with its requestId. */
export const Order = v.variant("type", [TypeOrder, KeyOrder, ScreenOrder]);
export type Order = v.InferOutput<typeof Order>;

/** The answer to `beforeEnter`. `refused`: why Enter is not to be pressed; the order is then `held` for that reason. */
const Enter = v.object({ type: v.literal("enter"), requestId: RequestId, refused: v.exactOptional(Reason) });
export type Enter = v.InferOutput<typeof Enter>;

const Notified = v.object({ type: v.literal("notified"), requestId: RequestId });

/** The answer to `status`: what it holds is the daemon's to say. */
const StatusReply = v.object({ type: v.literal("status"), requestId: RequestId, status: v.looseObject({}) });

/** A hook has to wait: a person is asked. */
const Hold = v.object({ type: v.literal("hold"), requestId: RequestId });
/** A hook may go. `output` is what it prints for Claude; without it there is no decision. */
const Hooked = v.object({ type: v.literal("hooked"), requestId: RequestId, output: v.exactOptional(v.string()) });

/** A request that could not be served, or (without a requestId) the reason why the connection ends. For people. */
const ErrorMessage = v.object({
  type: v.literal("error"),
  requestId: v.exactOptional(RequestId),
  error: v.string(),
});

const DAEMON_MESSAGES = {
  attached: Attached,
  type: TypeOrder,
  key: KeyOrder,
  screen: ScreenOrder,
  enter: Enter,
  notified: Notified,
  status: StatusReply,
  hold: Hold,
  hooked: Hooked,
  error: ErrorMessage,
};
export type DaemonMessage = v.InferOutput<(typeof DAEMON_MESSAGES)[keyof typeof DAEMON_MESSAGES]>;

/* ---- reading ------------------------------------------------------------------------------------------------- */

/** Reads what a client sent to the daemon. Never throws. */
export function parseClientMessage(line: string): Parsed<ClientMessage> {
  return parseTyped(line, CLIENT_MESSAGES, "requestId");
}

/** Reads what the daemon sent. Never throws. */
export function parseDaemonMessage(line: string): Parsed<DaemonMessage> {
  return parseTyped(line, DAEMON_MESSAGES, "requestId");
}
