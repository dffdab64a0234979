import * as v from "valibot";

/** A piece of an answer. A `tool_use` makes the CLI ask for permission, then run the tool and send its result. */
export type AnswerBlock = { type: "text"; text: string } | { type: "tool_use"; name: string; input: object };

/** What the stand-in answers one request with. */
export type Answer =
  | { kind: "message"; blocks: readonly AnswerBlock[]; /** Why auto mode's check blocks its tools. */ flagged?: string }
  | { kind: "error"; status: number; type: string; message: string };

/** An answer of one text. */
export function says(text: string): Answer {
  return { kind: "message", blocks: [{ type: "text", text }] };
}

/** An answer that wants a tool to run. */
export function uses(name: string, input: object): Answer {
  return { kind: "message", blocks: [{ type: "tool_use", name, input }] };
}

/** An answer that wants a command to run in a shell. */
export function bash(command: string): Answer {
  return uses("Bash", { command, description: "Make a file" });
}

/** The same answer, with the check of auto mode, which runs on the server, against its tools. */
export function flagged(answer: Answer, explanation: string): Answer {
  return answer.kind === "message" ? { ...answer, flagged: explanation } : answer;
}

/** A refusal in the API's own shape. 400 is not tried again by the CLI, 529 and 5xx are. */
export function refuses(status: number, type: string, message: string): Answer {
  return { kind: "error", status, type, message };
}

const TextBlock = v.object({ type: v.literal("text"), text: v.string() });
const ToolUseBlock = v.object({ type: v.literal("tool_use"), id: v.string(), name: v.string(), input: v.unknown() });
const ToolResultBlock = v.object({
  type: v.literal("tool_result"),
  tool_use_id: v.string(),
  content: v.union([v.string(), v.array(v.looseObject({ type: v.string(), text: v.optional(v.string()) }))]),
  is_error: v.optional(v.boolean()),
});

const Message = v.object({
  role: v.picklist(["user", "assistant", "system"]),
  content: v.union([v.string(), v.array(v.variant("type", [TextBlock, ToolUseBlock, ToolResultBlock]))]),
});

/** What the CLI posts to `/v1/messages`, as far as the stand-in understands it. */
export const ModelRequest = v.object({
  model: v.pipe(v.string(), v.startsWith("claude-")),
  max_tokens: v.number(),
  stream: v.literal(true),
  system: v.union([v.string(), v.array(v.object({ type: v.literal("text"), text: v.string() }))]),
  messages: v.pipe(v.array(Message), v.minLength(1)),
  tools: v.optional(v.array(v.looseObject({ name: v.string() })), []),
});
export type ModelRequest = v.InferOutput<typeof ModelRequest>;

/** The texts that the last message of the user holds: the prompt, beside reminders that the CLI puts there. */
export function lastTexts(request: ModelRequest): string[] {
  const last = request.messages.findLast(({ role }) => role === "user");
  if (last === undefined) return [];
  if (typeof last.content === "string") return [last.content];
  return last.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
}

/** The results of tools that the last message of the user brings, as text. */
export function lastToolResults(request: ModelRequest): { toolUseId: string; isError: boolean; text: string }[] {
  const last = request.messages.findLast(({ role }) => role === "user");
  if (last === undefined || typeof last.content === "string") return [];
  return last.content.flatMap((block) => {
    if (block.type !== "tool_result") return [];
    const text =
      typeof block.content === "string" ? block.content : block.content.map((part) => part.text ?? "").join("\n");
    return [{ toolUseId: block.tool_use_id, isError: block.is_error === true, text }];
  });
}

/** One answer as the server-sent events of the Messages API. `ids` gives each tool use its id. */
export function* events(
  id: string,
  model: string,
  blocks: readonly { block: AnswerBlock; toolUseId: string }[],
  blockedBecause?: string,
): Generator<{ type: string } & Record<string, unknown>> {
  const message = { id, type: "message", role: "assistant", model, content: [], stop_reason: null };
  yield {
    type: "message_start",
    message: { ...message, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
  };
  for (const [index, { block, toolUseId }] of blocks.entries()) {
    if (block.type === "text") {
      yield { type: "content_block_start", index, content_block: { type: "text", text: "" } };
      yield { type: "content_block_delta", index, delta: { type: "text_delta", text: block.text } };
    } else {
      const empty = { type: "tool_use", id: toolUseId, name: block.name, input: {} };
      yield { type: "content_block_start", index, content_block: empty };
      const partial_json = JSON.stringify(block.input);
      yield { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } };
    }
    yield { type: "content_block_stop", index };
  }
  const stop_reason = blocks.some(({ block }) => block.type === "tool_use") ? "tool_use" : "end_turn";
  const safeguards = blockedBecause === undefined ? {} : { safeguard_results: [verdict(blocks, blockedBecause)] };
  const delta = { stop_reason, stop_sequence: null, ...safeguards };
  yield { type: "message_delta", delta, usage: { output_tokens: 1 } };
  yield { type: "message_stop" };
}

/** What the server's check says of each use of a tool, as the CLI 2.1.328 reads it. */
function verdict(blocks: readonly { block: AnswerBlock; toolUseId: string }[], explanation: string): object {
  const tools = blocks.filter(({ block }) => block.type === "tool_use");
  const evaluated = { type: "evaluated", outcome: "flagged", explanation };
  const tool_uses = Object.fromEntries(tools.map(({ toolUseId }) => [toolUseId, evaluated]));
  return { type: "dangerous_tool_use", status: { type: "available", tool_uses } };
}
