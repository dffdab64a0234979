/**
 * What the router and the agents say to each other: frames on the WebSocket, bodies over HTTP, and the numbers
 * that both sides count on. The only module that both sides import.
 */
import * as v from "valibot";
import { complaintOf } from "./complaint.ts";

/** The protocol versions that this build speaks. A router accepts its own and the one before. */
export const PROTOCOL = { min: 1, max: 1 } as const;

/** How many commands may be under way on one connection without having been journaled (MQTT's Receive Maximum). */
export const WINDOW = 16;

export const LIMITS = {
  /** Bytes of one command, as UTF-8. */
  commandBytes: 64 * 1024,
  /** Bytes of one frame, as UTF-8. */
  frameBytes: 256 * 1024,
  /** Bytes of any HTTP body, updates included. */
  bodyBytes: 256 * 1024,
  /** Commands without an outcome in one session. */
  queuedPerSession: 500,
  /** Commands without an outcome on one machine. */
  queuedPerMachine: 20_000,
  /** Telegram's limit for callback data, in bytes. */
  callbackDataBytes: 64,
  /** What is left for the action once `cmd:TOKEN:` (33 bytes) is written. */
  actionBytes: 31,
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ages, in milliseconds. */
export const AGES = {
  /** A typed command is worthless after this; Telegram gives up on an update after the same time. */
  typedCommand: 24 * HOUR,
  /** An interrupt that comes later than this hits something else. */
  urgentCommand: 10 * MINUTE,
  /** Telegram redelivers for 24 h; an hour more covers clocks. */
  rememberCommand: 25 * HOUR,
  /** How long a notification's id is remembered. */
  rememberNotification: 48 * HOUR,
  /** A token stays good for this long after its session ended. */
  tokenAfterEnd: 7 * DAY,
  /** A registration ends when its machine was away for this long. */
  registrationWithoutMachine: 30 * DAY,
  /** After a command's expiry the agent has this long to say what became of it. */
  resultAfterExpiry: 5 * MINUTE,
  pairingCode: 10 * MINUTE,
  /** How often the agent pings. Edge proxies close idle sockets after about 100 s. */
  pingEvery: 25 * SECOND,
  /** How long the agent waits for a pong before it ends the connection. */
  pongWithin: 10 * SECOND,
  /** A socket without a ping for this long is stale: nothing is sent to it. */
  staleAfter: 45 * SECOND,
  /** A connection must say hello within this. */
  helloWithin: 10 * SECOND,
} as const;

/** Exact texts: the runtime answers the one with the other without waking the object. */
export const PING = '{"type":"ping"}';
export const PONG = '{"type":"pong"}';

/** WebSocket close codes (RFC 6455 section 7.4, and our own from 4000). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  bug: 1011,
  /** A newer connection of this machine took over: do not come back. */
  replaced: 4001,
  /** No common protocol version: update, then start again. */
  protocol: 4002,
  /** The machine was unpaired or its key rotated. */
  revoked: 4003,
  noHello: 4004,
  heartbeatLost: 4008,
} as const;

export const MachineName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "a machine name is 1 to 32 of a-z, 0-9 and -, and does not begin with -"),
);

export const SessionId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, "a session id is 1 to 128 of letters, digits and . _ : -"),
);

/** `<sessionRef>.<name>`: whoever holds it knows which SessionDO must hear of it. */
export const CommandId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{16}\.(?:m-?\d{1,17}\.\d{1,12}|q[A-Za-z0-9_-]{1,64})$/, "not a command id"),
);

const Milliseconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Label = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const Reason = v.pipe(v.string(), v.maxLength(500));
const Opaque = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));
/** Chat ids need up to 52 bits (Bot API: "at most 52 significant bits"). */
const ChatId = v.pipe(v.number(), v.safeInteger());

/** What names a question inside its session: short, since it stands in callback data beside the choice. */
export const QuestionNonce = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,16}$/, "a nonce is 1 to 16 URL-safe characters"),
);

/** The final states of a command. */
export const OUTCOMES = ["accepted", "typed", "failed", "expired", "cancelled", "unknown"] as const;
export const Outcome = v.picklist(OUTCOMES);
export type Outcome = v.InferOutput<typeof Outcome>;

/* ---- agent → router ------------------------------------------------------------------------------------------ */

export const Hello = v.object({
  type: v.literal("hello"),
  protocol: v.object({ min: Version, max: Version }),
  agentVersion: v.pipe(v.string(), v.maxLength(64)),
  /** Changes with every start of the machine. */
  bootId: Opaque,
  /** Changes when the journal was lost: then nobody knows what became of commands that were sent. */
  journalEpoch: Opaque,
  /** The sessions that are alive on this machine. */
  sessions: v.pipe(v.array(SessionId), v.maxLength(1_000)),
});
export type Hello = v.InferOutput<typeof Hello>;

export const Journaled = v.object({ type: v.literal("journaled"), id: CommandId });

export const Progress = v.object({
  type: v.literal("progress"),
  id: CommandId,
  state: v.picklist(["held", "typed"]),
  reason: v.optional(Reason),
});
export type Progress = v.InferOutput<typeof Progress>;

export const CommandResult = v.object({
  type: v.literal("commandResult"),
  id: CommandId,
  sessionId: SessionId,
  outcome: Outcome,
  /** For people: why, and what to do next. */
  error: v.optional(Reason),
});
export type CommandResult = v.InferOutput<typeof CommandResult>;

/** A frame of a known type and a bad shape. With an id it ends that command. */
export const Refused = v.object({ type: v.literal("refused"), reason: Reason, id: v.optional(v.string()) });
export type Refused = v.InferOutput<typeof Refused>;

const AGENT_FRAMES = {
  hello: Hello,
  journaled: Journaled,
  progress: Progress,
  commandResult: CommandResult,
  refused: Refused,
};
export type AgentFrame = v.InferOutput<(typeof AGENT_FRAMES)[keyof typeof AGENT_FRAMES]>;

/* ---- router → agent ------------------------------------------------------------------------------------------ */

export const Welcome = v.object({
  type: v.literal("welcome"),
  protocol: Version,
  window: v.pipe(v.number(), v.minValue(1)),
});

const commandFields = {
  type: v.literal("command"),
  id: CommandId,
  sessionId: SessionId,
  /** How long the command is still worth doing, in milliseconds from now. */
  remainingMs: Milliseconds,
};
const Text = v.pipe(v.string(), v.maxBytes(LIMITS.commandBytes));

/** All work that a machine can be given. A new kind needs a new protocol version: see `KINDS`. */
export const Command = v.variant("kind", [
  /** Text as the user wrote it: typed, then Enter. */
  v.object({ ...commandFields, kind: v.literal("text"), command: Text }),
  /** What a button means: `continue`, `yes`, `no`, `exit`, or text to type; the agent decides what to type. */
  v.object({ ...commandFields, kind: v.literal("action"), command: Text }),
  /** A named key, `escape` or `ctrl-c` for example. Overtakes typed commands. */
  v.object({ ...commandFields, kind: v.literal("key"), command: Text }),
  /** An answer to the question `nonce`: the choice of a button, or free text. Overtakes typed commands. */
  v.object({
    ...commandFields,
    kind: v.literal("answer"),
    nonce: QuestionNonce,
    choice: v.optional(v.pipe(v.string(), v.maxLength(31))),
    command: Text,
  }),
  /** Send what the terminal shows as a notification. Overtakes typed commands. */
  v.object({ ...commandFields, kind: v.literal("screen"), command: Text }),
]);
export type Command = v.InferOutput<typeof Command>;

export type CommandKind = Command["kind"];
export const CommandKinds = ["text", "action", "key", "answer", "screen"] as const satisfies CommandKind[];

/** The protocol version that brought each kind. A kind newer than the agreed version is never sent. */
export const KINDS: Readonly<Record<CommandKind, number>> = { text: 1, action: 1, key: 1, answer: 1, screen: 1 };

/** Whether this build knows a kind: a newer one, which was rolled back since, may have stored others. */
export function isCommandKind(kind: string): kind is CommandKind {
  return Object.hasOwn(KINDS, kind);
}

/** The kinds that go before typed commands. */
export const URGENT: ReadonlySet<string> = new Set<CommandKind>(["key", "answer", "screen"]);

/** `sessionId` is there for the agent's answer: the command itself may never have come. */
export const Cancel = v.object({ type: v.literal("cancel"), id: CommandId, sessionId: SessionId });
export const ResultStored = v.object({ type: v.literal("resultStored"), id: CommandId });

const ROUTER_FRAMES = {
  welcome: Welcome,
  command: Command,
  cancel: Cancel,
  resultStored: ResultStored,
  refused: Refused,
};
export type RouterFrame = v.InferOutput<(typeof ROUTER_FRAMES)[keyof typeof ROUTER_FRAMES]>;

/** A frame as it was understood: good, of a type that this version does not know, or of a known type and a bad shape. */
export type Parsed<Frame> =
  | { status: "frame"; frame: Frame }
  | { status: "ignored"; type: string }
  /** `reason` repeats nothing of what was sent but its type: it is logged, and may be told to others. */
  | { status: "malformed"; reason: string; id?: string };

const Envelope = v.looseObject({ type: v.string() });

/**
 * Reads a text that is one JSON object with a `type`. Never throws.
 * @param schemas what each type looks like; any other type is one that this version does not know.
 * @param idField names a malformed frame's id, where it is a text: then it can be answered.
 */
export function parseTyped<Schemas extends Readonly<Record<string, v.GenericSchema>>>(
  text: string,
  schemas: Schemas,
  idField: string,
): Parsed<v.InferOutput<Schemas[keyof Schemas]>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { status: "malformed", reason: "this is not one JSON object" };
  }
  const envelope = v.safeParse(Envelope, json);
  if (!envelope.success) return { status: "malformed", reason: "this is not a JSON object with a type" };
  const { type, [idField]: id } = envelope.output;
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return { status: "ignored", type };
  const result = v.safeParse(schema, json);
  if (result.success) return { status: "frame", frame: result.output };
  const reason = `${type}: ${complaintOf(result.issues)}`.slice(0, 500);
  return typeof id === "string" ? { status: "malformed", reason, id } : { status: "malformed", reason };
}

/** Reads what an agent sent. Never throws. */
export function parseAgentFrame(text: string): Parsed<AgentFrame> {
  return parseTyped(text, AGENT_FRAMES, "id");
}

/** Reads what the router sent. Never throws. */
export function parseRouterFrame(text: string): Parsed<RouterFrame> {
  return parseTyped(text, ROUTER_FRAMES, "id");
}

/* ---- HTTP ---------------------------------------------------------------------------------------------------- */

export const PairBody = v.object({
  /** `NAME-XXXX-XXXX` as Telegram showed it, or only its last two groups. */
  code: v.pipe(v.string(), v.maxLength(64)),
  /** SHA-256 of the 32 random bytes that the agent made, base64url. */
  keyHash: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "keyHash is a SHA-256 in base64url, 43 characters")),
});
export const PairReply = v.object({
  ok: v.literal(true),
  machineId: MachineName,
  mac: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
});

export const RegisterBody = v.object({
  sessionId: SessionId,
  machineId: MachineName,
  label: v.optional(Label),
  /** Milliseconds since the session started on this machine: the younger claim wins a session from another machine. */
  claim: v.optional(Milliseconds),
  /** The session that this one follows in the same terminal. */
  replaces: v.optional(SessionId),
  /** IANA name; clock times in Telegram are shown in it. */
  timeZone: v.optional(v.pipe(v.string(), v.maxLength(64))),
  /** False where it runs in no terminal that can be typed into. Absent: it can be. */
  typable: v.optional(v.boolean()),
});
export type RegisterBody = v.InferOutput<typeof RegisterBody>;

export const UnregisterBody = v.object({
  sessionId: SessionId,
  reason: v.optional(v.pipe(v.string(), v.maxLength(64))),
});

const Button = v.object({
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  callback_data: v.pipe(v.string(), v.maxBytes(LIMITS.callbackDataBytes)),
});
export const ReplyMarkup = v.object({
  inline_keyboard: v.pipe(v.array(v.pipe(v.array(Button), v.maxLength(8))), v.maxLength(20)),
});
export type ReplyMarkup = v.InferOutput<typeof ReplyMarkup>;

export const NotificationBody = v.object({
  sessionId: SessionId,
  /** Default: the owner's private chat. */
  chatId: v.optional(ChatId),
  text: v.pipe(v.string(), v.minLength(1)),
  format: v.optional(v.picklist(["plain", "markdown"])),
  /** Callback data reads `cmd:TOKEN:action`, with the literal word TOKEN. */
  replyMarkup: v.optional(ReplyMarkup),
  /** The same id, within 48 h, sends nothing twice. */
  id: v.optional(Opaque),
  silent: v.optional(v.boolean()),
  /** What the first line begins with: ✅, ❓, ⚠️, or 💬 where it is none of these. */
  sign: v.optional(v.picklist(["done", "question", "warning", "info"])),
  /** Stands after the label in the first line: `❓ devbox · api: run Bash?`. */
  subject: v.optional(v.pipe(v.string(), v.maxLength(64))),
  question: v.optional(v.object({ nonce: QuestionNonce, remainingMs: Milliseconds })),
  /** It says something beside the turns: the buttons of the last one stay. An older router takes them all the same. */
  aside: v.optional(v.boolean()),
});
export type NotificationBody = v.InferOutput<typeof NotificationBody>;

export const NotificationReply = v.union([
  v.object({ ok: v.literal(true), messageId: v.number(), messageIds: v.array(v.number()), token: v.string() }),
  v.object({ ok: v.literal(true), queued: v.literal(true), token: v.string() }),
]);
export type NotificationReply = v.InferOutput<typeof NotificationReply>;

export const CloseQuestionBody = v.object({
  sessionId: SessionId,
  nonce: QuestionNonce,
  /** How it was answered, for people: "at the terminal". */
  by: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
});

export const ErrorReply = v.object({ error: v.string() });

/** `GET /machines/:machineId`. */
export const MachineReply = v.object({
  machineId: MachineName,
  online: v.boolean(),
  /** Milliseconds since the epoch, or null where it was never seen. */
  lastSeenAt: v.nullable(v.number()),
  agentVersion: v.nullable(v.string()),
  queued: v.number(),
  sessions: v.array(v.object({ sessionId: SessionId, label: v.nullable(v.string()), queued: v.number() })),
});
export type MachineReply = v.InferOutput<typeof MachineReply>;

/** `GET /sessions/:sessionId`: never a token, never a text. */
export const SessionReply = v.object({
  sessionId: SessionId,
  machineId: MachineName,
  label: v.nullable(v.string()),
  registeredAt: v.number(),
  endedAt: v.nullable(v.number()),
  tokens: v.number(),
  messages: v.number(),
  questions: v.number(),
  /** How many commands are in each state. */
  commands: v.record(v.string(), v.number()),
  lastOutcomes: v.array(v.object({ name: v.string(), outcome: v.string(), error: v.nullable(v.string()) })),
});
export type SessionReply = v.InferOutput<typeof SessionReply>;
