import * as v from "valibot";

/** Telegram allows 16 levels of nesting; a block inside a list item is four levels of JSON. */
const DEEPEST = 64;

const TextNode = v.looseObject({ text: v.unknown() });
const EmojiNode = v.looseObject({ type: v.literal("custom_emoji"), alternative_text: v.string() });
const FormulaNode = v.looseObject({ type: v.literal("mathematical_expression"), expression: v.string() });
const BlocksNode = v.looseObject({ type: v.literal("blockquote"), blocks: v.array(v.unknown()) });
const ListNode = v.looseObject({
  type: v.literal("list"),
  items: v.array(v.looseObject({ label: v.string(), blocks: v.array(v.unknown()) })),
});
const TextBlock = v.looseObject({
  type: v.picklist(["paragraph", "heading", "pre", "footer", "expandable_blockquote", "pullquote"]),
  text: v.unknown(),
});
const Silent = v.looseObject({ type: v.picklist(["anchor", "divider"]) });
const RichMessage = v.looseObject({ blocks: v.array(v.unknown()) });

/** Thrown inside this file only: the message holds something that has no faithful form as plain text. */
class NotText extends Error {}

/**
 * The text of a rich message without its formatting, a line a block; undefined where it holds anything that is not
 * text (media, tables, maps): half a message is worse than none.
 */
export function plainTextOf(richMessage: unknown): string | undefined {
  if (!v.is(RichMessage, richMessage)) return undefined;
  try {
    const text = blocksText(richMessage.blocks, 0);
    return text === "" ? undefined : text;
  } catch (error) {
    if (error instanceof NotText) return undefined;
    throw error;
  }
}

function blocksText(blocks: readonly unknown[], depth: number): string {
  return blocks
    .filter((block) => !v.is(Silent, block))
    .map((block) => blockText(block, depth + 1))
    .join("\n");
}

function blockText(block: unknown, depth: number): string {
  if (depth > DEEPEST) throw new NotText();
  if (v.is(TextBlock, block)) return inlineText(block.text, depth + 1);
  if (v.is(FormulaNode, block)) return block.expression;
  if (v.is(BlocksNode, block)) return blocksText(block.blocks, depth + 1);
  if (v.is(ListNode, block)) {
    return block.items.map((item) => `${item.label} ${blocksText(item.blocks, depth + 1)}`).join("\n");
  }
  throw new NotText();
}

function inlineText(node: unknown, depth: number): string {
  if (depth > DEEPEST) throw new NotText();
  if (typeof node === "string") return node;
  if (Array.isArray(node)) return node.map((part) => inlineText(part, depth + 1)).join("");
  if (v.is(EmojiNode, node)) return node.alternative_text;
  if (v.is(FormulaNode, node)) return node.expression;
  if (v.is(v.looseObject({ type: v.literal("anchor") }), node)) return "";
  if (v.is(TextNode, node)) return inlineText(node.text, depth + 1);
  throw new NotText();
}
