/** What the page and the demo's server say to each other over their WebSocket: JSON, one message a frame. */
import * as v from "valibot";

export const Entity = v.object({
  /** Telegram's own word: `bold`, `text_link`, `pre` … */
  type: v.string(),
  /** In UTF-16 units, as JavaScript counts. */
  offset: v.number(),
  length: v.number(),
  url: v.optional(v.string()),
  language: v.optional(v.string()),
});
export type Entity = v.InferOutput<typeof Entity>;

export const ShownButton = v.object({
  text: v.string(),
  /** What a press sends. */
  data: v.optional(v.string()),
  url: v.optional(v.string()),
  disabled: v.optional(v.boolean()),
  style: v.optional(v.string()),
});
export type ShownButton = v.InferOutput<typeof ShownButton>;

/** A message as the person in the chat sees it. */
export const ShownMessage = v.object({
  id: v.number(),
  mine: v.boolean(),
  /** Seconds since the epoch. */
  date: v.number(),
  edited: v.boolean(),
  /** Of a message with a file, its caption. */
  text: v.string(),
  entities: v.array(Entity),
  /** The file that came with it; `size` in bytes. Its content is at `files/<id>`. */
  file: v.optional(v.object({ id: v.string(), name: v.string(), size: v.number() })),
  /** The machine that the first line of a bot's message names. */
  machine: v.optional(v.string()),
  replyTo: v.optional(
    v.object({ id: v.number(), mine: v.boolean(), text: v.string(), machine: v.optional(v.string()) }),
  ),
  keyboard: v.array(v.array(ShownButton)),
  reactions: v.array(v.string()),
});
export type ShownMessage = v.InferOutput<typeof ShownMessage>;
export type ShownFile = NonNullable<ShownMessage["file"]>;

export const POWER = ["awake", "waking", "asleep", "stopping"] as const;

export const ShownMachine = v.object({
  name: v.string(),
  /** The label of the session in its terminal. */
  label: v.string(),
  power: v.picklist(POWER),
});
export type ShownMachine = v.InferOutput<typeof ShownMachine>;

export const FromServer = v.variant("type", [
  /** First, and again after each reconnect. */
  v.object({ type: v.literal("welcome"), bot: v.object({ name: v.string(), username: v.string() }) }),
  /** The whole chat as it stands now: the page compares and changes what changed. */
  v.object({ type: v.literal("chat"), messages: v.array(ShownMessage) }),
  v.object({ type: v.literal("toast"), text: v.string(), alert: v.boolean() }),
  v.object({ type: v.literal("machines"), machines: v.array(ShownMachine) }),
  /** What the terminal has written so far; replaces what the page shows. */
  v.object({ type: v.literal("screen"), machine: v.string(), data: v.string() }),
  v.object({ type: v.literal("output"), machine: v.string(), data: v.string() }),
  /** Something that the page asked for could not be done. */
  v.object({ type: v.literal("problem"), text: v.string() }),
]);
export type FromServer = v.InferOutput<typeof FromServer>;

const Cells = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1_000));

export const FromPage = v.variant("type", [
  v.object({
    type: v.literal("send"),
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
    replyTo: v.optional(v.number()),
  }),
  v.object({
    type: v.literal("edit"),
    messageId: v.number(),
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  }),
  v.object({ type: v.literal("press"), messageId: v.number(), data: v.string() }),
  v.object({ type: v.literal("key"), machine: v.string(), data: v.string() }),
  v.object({ type: v.literal("resize"), machine: v.string(), columns: Cells, rows: Cells }),
  v.object({ type: v.literal("power"), machine: v.string(), awake: v.boolean() }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;
