import { element } from "./element.ts";
import type { Entity } from "./feed.ts";
import { linkOf, pieces } from "./pieces.ts";
import type { Piece } from "./pieces.ts";

const TAGS: Readonly<Record<string, keyof HTMLElementTagNameMap>> = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

/** Draws a message's text; `onStart` is called with the payload when the bot's own link is tapped. */
export function richText(
  text: string,
  entities: readonly Entity[],
  bot: { username: string; onStart: (payload: string) => void },
): Node[] {
  return pieces(text, entities).map((piece) => draw(piece, text, bot));
}

function draw(piece: Piece, text: string, bot: { username: string; onStart: (payload: string) => void }): Node {
  if (typeof piece === "string") return document.createTextNode(piece);
  const { entity } = piece;
  const inner = piece.pieces.map((one) => draw(one, text, bot));
  if (entity.type === "text_link" || entity.type === "url") {
    const link = linkOf(entity.url ?? text.slice(entity.offset, entity.offset + entity.length), bot.username);
    if (link.kind === "start") {
      const start = element("a", { href: link.url, class: "start" }, ...inner);
      start.addEventListener("click", (event) => {
        event.preventDefault();
        bot.onStart(link.payload);
      });
      return start;
    }
    if (link.kind === "dead") return element("span", {}, ...inner);
    return element("a", { href: link.url, target: "_blank", rel: "noopener noreferrer" }, ...inner);
  }
  if (entity.type === "spoiler") return element("span", { class: "spoiler", tabindex: "0" }, ...inner);
  const tag = TAGS[entity.type];
  return element(tag ?? "span", tag === undefined ? { class: entity.type } : {}, ...inner);
}
